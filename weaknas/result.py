"""What a search found, and how it got there."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import WeaknasError
from .measurements import Optimum
from .metrics import ACCURACY, Metric

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .spaces import Space

__all__ = ["Best", "Result"]


@dataclass(frozen=True, slots=True)
class Best:
    """The architecture with the best score among those evaluated, and what finding it cost.

    Attributes:
        arch: its text form.
        valid: the value on validation that the search saw, in the metric's unit; NaN when it searched on test.
        test: its mean value on test; NaN where not known.
        query: the evaluation that found it, from 1.
        queries: evaluations in all.
        simulated_hours: training time of all queries on the benchmark's hardware; NaN where not known.
        estimated: whether that time is estimated rather than recorded.
        metric: what the values are.
    """

    arch: str
    valid: float
    test: float
    query: int
    queries: int
    simulated_hours: float
    estimated: bool
    metric: Metric = ACCURACY

    def __str__(self) -> str:
        seen = in_words(self.metric, self.valid, self.test)
        return f"{self.arch}\n  {seen}\n  found at query {self.query} of {self.queries}, {self.cost}"

    @property
    def cost(self) -> str:
        """The simulated training time in words."""
        if np.isnan(self.simulated_hours):
            return "training time not known"
        return f"{self.simulated_hours:,.1f} simulated hours" + (" (estimated)" if self.estimated else "")


def in_words(metric: Metric, valid: float, test: float) -> str:
    """Return a value on validation and the one on test in words; of an accuracy what it is goes without saying."""
    if metric == ACCURACY:
        return f"validation {metric.text(valid)}, test {metric.text(test)}"
    seen = f"{metric.called(metric.valid)} {metric.text(valid)}"
    return seen if np.isnan(test) else f"{seen}, test {metric.text(test)}"


def plain(value: Any) -> Any:
    """Return a value as JSON has it: None for what is not known, or infinite."""
    return None if isinstance(value, float) and not np.isfinite(value) else value


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
        metric: what was measured.
        objective: the column of `history` that the search saw, `metric.valid`, or `metric.test` of one on test.
        optimum: the best mean values in the space that was searched.
        history: one row per evaluation: `benchmark, dataset, strategy, predictor, options, seed, query, arch,
            valid_acc, test_acc, train_seconds, fidelity, cost`; the two in the middle are `metric.valid` and
            `metric.test`, in its unit; `query` from 1, `fidelity` in epochs (missing for full), `cost` what was paid
            so far in full trainings. Simulated workers add `clock_seconds`, for how long they had worked when the
            answer arrived; the rows are in that order. A search for a trade-off adds its further objectives and
            `costs`, and `front`: whether no other evaluation beats this one in all of them.
        overhead_seconds: wall time of the search without its evaluations.
        estimated: whether `train_seconds` is estimated.
        constraint: what the architectures searched had to satisfy; None without a constraint.
        setting: the benchmark's options, such as `run` and `fidelity` of a table.
        costs: the columns of `history` that were free to know and to be small, of a search for a trade-off.
        also: the further objectives, whose columns are named by their `valid`.
        workers: how many were simulated; None for a search without them.
    """

    benchmark: str
    dataset: str
    strategy: str
    predictor: str | None
    options: dict[str, Any]
    seed: int
    budget: int
    metric: Metric
    objective: str
    optimum: Optimum
    history: "pd.DataFrame" = field(repr=False)
    overhead_seconds: float
    estimated: bool = False
    constraint: str | None = None
    setting: dict[str, Any] = field(default_factory=dict)
    costs: tuple[str, ...] = ()
    also: tuple[Metric, ...] = ()
    workers: int | None = None

    @property
    def label(self) -> str:
        """The strategy's name, and its predictor's."""
        return self.strategy + (f" ({self.predictor})" if self.predictor else "")

    @property
    def values(self) -> NDArray[np.float64]:
        """The `(n,)` values that the search saw, in the metric's unit; NaN for failures and lower fidelities."""
        values: NDArray[np.float64] = self.history[self.objective].to_numpy(dtype=np.float64)
        return np.where(self.history["fidelity"].isna(), values, np.nan)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The `(n,)` values as strategies were told them: higher is better, what is to be small is negated."""
        scores: NDArray[np.float64] = self.metric.oriented(self.values)
        return scores

    @property
    def tradeoff(self) -> tuple[Metric, ...]:
        """What was traded for one another: the metric, the further objectives, the costs; empty for one objective."""
        seen = replace(self.metric, valid=self.objective, test=f"{self.objective} on test")
        costs = tuple(Metric(name, minimize=True, free=True) for name in self.costs if name not in self._columns)
        return (seen, *self.also, *costs) if self.also or costs else ()

    @property
    def _columns(self) -> set[str]:
        return {metric.valid for metric in self.also}

    @property
    def best(self) -> Best:
        """The best architecture by the score that the search saw, the earliest of equals.

        Raises:
            WeaknasError: every evaluation failed, or none was at full fidelity.
        """
        self.check_success()
        at = int(np.nanargmax(self.scores))
        row = self.history.iloc[at]
        return Best(
            arch=row["arch"],
            valid=float(row[self.metric.valid]),
            test=float(row[self.metric.test]),
            query=int(row["query"]),
            queries=len(self.history),
            simulated_hours=float(self.history["train_seconds"].sum(skipna=False) / 3600),
            estimated=self.estimated,
            metric=self.metric,
        )

    def check_success(self) -> None:
        """Refuse a search without a single score.

        Raises:
            WeaknasError: every evaluation failed, or none was at full fidelity.
        """
        if np.isfinite(self.scores).any():
            return
        full = self.history["fidelity"].isna().any()
        why = "succeeded" if full else "was at full fidelity (a larger budget helps)"
        raise WeaknasError(f"none of the {len(self.history)} evaluations {why}, so there is no best architecture.")

    def summary(self) -> dict[str, Any]:
        """The result as plain JSON values; what is not known is None."""
        best, optimum = self.best, self.optimum
        values: dict[str, Any] = {
            "benchmark": self.benchmark,
            "strategy": self.strategy,
            "predictor": self.predictor,
            "seed": self.seed,
            "budget": self.budget,
            "best_arch": best.arch,
            self.metric.valid: best.valid,
            self.metric.test: best.test,
            "queries": best.queries,
            "simulated_hours": best.simulated_hours,
            "overhead_seconds": round(self.overhead_seconds, 3),
            "constraint": self.constraint,
            "metric": {"name": self.metric.name, "unit": self.metric.unit, "direction": self.metric.direction},
            "optimum": {self.metric.valid: plain(optimum.valid), self.metric.test: plain(optimum.test)},
        }
        return {key: plain(value) for key, value in values.items()}

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the best score so far, and the test accuracy that goes with it, against queries.

        A search for a trade-off is drawn as that: the scores against the first of its costs.

        Args:
            ax: where to draw, also beside what is there; a new figure if None.

        Raises:
            WeaknasError: every evaluation failed, or none was at full fidelity.
        """
        from . import figures

        return figures.tradeoff(self, ax) if self.tradeoff else figures.search_curves([self], ax)

    def draw(self, path: str | Path, space: "Space | None" = None) -> Path:
        """Draw the cells of the best architecture as an SVG file.

        Args:
            path: the file, which ends in `.svg`.
            space: that of the benchmark; None for the first registered one that reads the architecture's text.

        Raises:
            WeaknasError: every evaluation failed, the space has no cells, or the file cannot be written.
        """
        from . import drawing

        text = self.best.arch
        space = drawing.space_of(text) if space is None else space
        return drawing.write(space, space.from_str([text]), path)

    def save(self, path: str | Path) -> Path:
        """Write the history and everything else to one Parquet file, whole or not at all.

        Raises:
            WeaknasError: the file cannot be written, or its name does not end in `.parquet`.
        """
        from .saved import write

        return write(vars(self), path)

    @classmethod
    def load(cls, path: str | Path) -> "Result":
        """Read a saved result.

        Raises:
            NotFound: there is no such file.
            InvalidTable: it is not a saved result, or a damaged one.
        """
        from .saved import read

        return cls(**read(path))
