"""What a search found, and how it got there."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .contracts import Objective, Optimum
from .errors import InvalidTable, NotFound, WeaknasError
from .files import write_atomically

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Best", "Result"]

_METADATA = b"weaknas-result"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Best:
    """The architecture with the best score among those evaluated, and what finding it cost.

    Attributes:
        arch: its text form.
        valid_acc: the validation accuracy that the search saw, percent; NaN when it searched on test.
        test_acc: its mean test accuracy, percent; NaN where not known.
        query: the evaluation that found it, from 1.
        queries: evaluations in all.
        simulated_hours: training time of all queries on the benchmark's hardware; NaN where not known.
        estimated: whether that time is estimated rather than recorded.
    """

    arch: str
    valid_acc: float
    test_acc: float
    query: int
    queries: int
    simulated_hours: float
    estimated: bool

    def __str__(self) -> str:
        return (
            f"{self.arch}\n"
            f"  validation {percent(self.valid_acc)}, test {percent(self.test_acc)}\n"
            f"  found at query {self.query} of {self.queries}, {self.cost}"
        )

    @property
    def cost(self) -> str:
        """The simulated training time in words."""
        if np.isnan(self.simulated_hours):
            return "training time not known"
        return f"{self.simulated_hours:,.1f} simulated hours" + (" (estimated)" if self.estimated else "")


def percent(value: float) -> str:
    """Return an accuracy in words."""
    return "not known" if np.isnan(value) else f"{value:.3f} %"


@dataclass(eq=False)
class Result:
    """A finished search.

    Attributes:
        benchmark: the benchmark's name.
        dataset: the benchmark's dataset.
        strategy: the strategy's name.
        predictor: the predictor's name, None without one.
        options: the strategy's options.
        seed: the strategy's seed.
        budget: the queries allowed.
        objective: the column of `history` that the search saw, `valid_acc` or `test_acc`.
        optimum: the benchmark's best mean accuracies.
        history: one row per evaluation: `benchmark, dataset, strategy, predictor, options, seed, query, arch,
            valid_acc, test_acc, train_seconds, fidelity, cost`; accuracies in percent, `query` from 1, `fidelity` in
            epochs (missing for full), `cost` what was paid so far in full trainings.
        overhead_seconds: wall time of the search without its evaluations.
        estimated: whether `train_seconds` is estimated.
    """

    benchmark: str
    dataset: str
    strategy: str
    predictor: str | None
    options: dict[str, Any]
    seed: int
    budget: int
    objective: Objective
    optimum: Optimum
    history: "pd.DataFrame" = field(repr=False)
    overhead_seconds: float
    estimated: bool = False

    @property
    def scores(self) -> NDArray[np.float64]:
        """The `(n,)` scores of the evaluations in percent; NaN for those that failed, or were not at full fidelity."""
        scores: NDArray[np.float64] = self.history[self.objective].to_numpy(dtype=np.float64)
        return np.where(self.history["fidelity"].isna(), scores, np.nan)

    @property
    def best(self) -> Best:
        """The best architecture by the score that the search saw, the earliest of equals.

        Raises:
            WeaknasError: every evaluation failed, or none was at full fidelity.
        """
        scores = self.scores
        if not np.isfinite(scores).any():
            why = (
                "succeeded"
                if self.history["fidelity"].isna().any()
                else "was at full fidelity (a larger budget helps)"
            )
            raise WeaknasError(f"none of the {len(scores)} evaluations {why}, so there is no best architecture.")
        at = int(np.nanargmax(scores))
        row = self.history.iloc[at]
        return Best(
            arch=row["arch"],
            valid_acc=float(row["valid_acc"]),
            test_acc=float(row["test_acc"]),
            query=int(row["query"]),
            queries=len(self.history),
            simulated_hours=float(self.history["train_seconds"].sum(skipna=False) / 3600),
            estimated=self.estimated,
        )

    def summary(self) -> dict[str, Any]:
        """The result as plain JSON values; what is not known is None."""
        best = self.best
        values = {
            "benchmark": self.benchmark,
            "strategy": self.strategy,
            "predictor": self.predictor,
            "seed": self.seed,
            "budget": self.budget,
            "best_arch": best.arch,
            "valid_acc": best.valid_acc,
            "test_acc": best.test_acc,
            "queries": best.queries,
            "simulated_hours": best.simulated_hours,
            "overhead_seconds": round(self.overhead_seconds, 3),
        }
        return {key: None if isinstance(v, float) and np.isnan(v) else v for key, v in values.items()}

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the best score so far, and the test accuracy that goes with it, against queries.

        Args:
            ax: where to draw; a new figure if None.
        """
        from .figures import search_curves

        return search_curves([self], ax)

    def save(self, path: str | Path) -> Path:
        """Write the history and everything else to one Parquet file, whole or not at all.

        Raises:
            WeaknasError: the file cannot be written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = ("benchmark", "dataset", "strategy", "predictor", "options", "seed", "budget", "objective")
        card = {name: getattr(self, name) for name in names}
        card |= {
            "format": _FORMAT,
            "optimum": [None if np.isnan(v) else v for v in (self.optimum.valid_acc, self.optimum.test_acc)],
            "overhead_seconds": self.overhead_seconds,
            "estimated": self.estimated,
        }
        table = pa.Table.from_pandas(self.history, preserve_index=False)
        table = table.replace_schema_metadata({**table.schema.metadata, _METADATA: json.dumps(card).encode()})
        return write_atomically(path, lambda part: pq.write_table(table, part, compression="zstd"))

    @classmethod
    def load(cls, path: str | Path) -> "Result":
        """Read a saved result.

        Raises:
            NotFound: there is no such file.
            InvalidTable: it is not a saved result, or a damaged one.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not Path(path).is_file():
            raise NotFound(f"there is no saved result at {path}.")
        try:
            table = pq.read_table(path)
            card = json.loads(table.schema.metadata[_METADATA])
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise InvalidTable(f"{path} is not a saved search result, or it is damaged.") from error
        if card.pop("format") != _FORMAT:
            raise InvalidTable(f"{path} was written by a newer version of weaknas; upgrade to read it.")
        optimum = Optimum(*(float("nan") if v is None else v for v in card.pop("optimum")))
        return cls(**card, optimum=optimum, history=table.to_pandas())
