"""A benchmark that looks its answers up in a table."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from weaknas.account import finite
from weaknas.checks import check_seed
from weaknas.contracts import Benchmark, Measurements, Optimum, Report
from weaknas.errors import InvalidOption, InvalidTable
from weaknas.metrics import ACCURACY, Metric
from weaknas.spaces import Batch, Priced, Rows, Space
from weaknas.table_file import Column, TableData

from .card import space_of_table
from .direction import MAXIMISED, expected, inverted, lower_is_better
from .metrics import chosen, metrics_of
from .observed import ObservedColumns, RecordedRun
from .published import published_of, remark
from .table_data import FrameData, mean_column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table"]

_SAMPLE = 5000  # rows that tell whether two columns go together
_MOST_WORDS = 4  # of a name: more are a description


class Table(Benchmark):
    """A benchmark over the rows of a table in the format of `docs/table-format.md`, version 1 or 2.

    Args:
        data: the card and the columns.
        space: the space the architectures belong to; the one the card names if None.
        name: the benchmark's name.
        run: which recorded training run a query sees: `mean` of all runs, run number K, or `random`, which draws
            one of the known runs once for each architecture and seed.
        fidelity: epochs of the shorter schedule that a query sees; None for the full one.
        objective: `valid`, or `test` to search on test (label it so: it is not a fair search), of the table's own
            metric; or the columns of metrics, several for a search of several objectives.
        seed: seed of the draws of `run="random"`.
        universe: `rows` for the architectures in the table, `raw` for all of the space, where an architecture
            that is not in the table is a failed evaluation (NaN).

    Raises:
        InvalidOption: a run, fidelity or objective that the table does not have (for every row).
        InvalidTable: accuracies outside 0 to 100 %, or an architecture listed twice.
        InvalidArchitecture: a text that is not an architecture of the space.
    """

    def __init__(
        self,
        data: TableData,
        space: Space | None = None,
        *,
        name: str = "table",
        run: RecordedRun = "mean",
        fidelity: int | None = None,
        objective: str | Sequence[str] = "valid",
        seed: int = 0,
        universe: Literal["rows", "raw"] = "rows",
    ) -> None:
        if universe not in ("rows", "raw"):
            raise InvalidOption(f"universe is 'rows' or 'raw', not {universe!r}.")
        self.name = name
        self.data = data
        self.card = data.card
        self.dataset = str(self.card.get("dataset", name))
        self.metrics = metrics_of(data)
        self.metric, self.on_test, self.also = chosen(objective, self.metrics, name)
        self.run: RecordedRun = run
        self.fidelity = fidelity
        self.seed = check_seed(seed)
        self._observed = ObservedColumns(data, name, self.metric, self.objective, run, self.seed)
        base = space or space_of_table(data)
        rows = base.from_str(data.texts())
        self._rows = Rows(base, rows, self._free(base, rows))
        self.space = self._rows if universe == "rows" else base
        self._observed.at(fidelity)  # refused now, not when a search is under way

    @classmethod
    def from_frame(
        cls,
        frame: "pd.DataFrame",
        space: Space,
        *,
        metrics: Sequence[Metric] = (),
        higher_is_better: bool = False,
        **options: Any,
    ) -> "Table":
        """Make a benchmark of any data frame.

        Args:
            frame: a column `arch` of text forms and the accuracy columns of the table format, in percent:
                `valid_acc` at least, or `test_acc` with `objective="test"`; or the columns of other metrics.
            space: the space of the architectures.
            metrics: what its columns are, where they are no accuracies; the one to search by first. A missing cell
                of it is a failed evaluation.
            higher_is_better: vouch for an objective that looks as if lower were better.
            **options: those of `Table`.

        Raises:
            InvalidTable: the objective holds fractions or looks as if lower were better, or see `Table`.
            InvalidOption: it is no frame, or no space.
        """
        if not isinstance(space, Space):
            raise InvalidOption(
                "from_frame takes a frame and a space, such as weaknas.spaces.NasBench201(), not "
                f"{type(space).__name__}."
            )
        listed = {"metrics": [metric.card for metric in metrics], "missing": "failed"} if metrics else {}
        table = cls(FrameData(frame, {"space": space.name, **listed}), space, **options)
        if not higher_is_better:
            table.check_objective()
        return table

    @property
    def fidelities(self) -> tuple[int, ...]:
        """Epochs of the schedules that the table holds for the run in force; empty if it is opened at one of them."""
        return self._observed.fidelities if self.fidelity is None else ()

    @cached_property
    def resumable(self) -> bool:
        """Whether the fidelities are points of one schedule: what the card says, or what is known of the table."""
        published = published_of(self.data)
        return bool(self.card.get("resumable", published is not None and published.resumable))

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of the table's file, by its name."""
        return self.data.checksums

    @property
    def recorded(self) -> TableData | None:
        """The table, if the space has its rows and no others."""
        return self.data if self.space is self._rows else None

    # -- what a search sees ---------------------------------------------------------------------------

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return the values of the metric and the training seconds of `(n, d)` architectures."""
        seen = self._observed.at(self.fidelity if fidelity is None else fidelity)
        columns = [seen.scores, *self._further, seen.train_seconds]
        if self.space is self._rows:
            index = self._rows.index(batch)
            *scores, seconds = (column[index] for column in columns)
        else:
            index, absent = self._rows.locate(self.space.validate(batch))
            *scores, seconds = (np.where(absent, np.nan, column[index]) for column in columns)
        return Measurements(np.stack(scores, axis=1) if self.also else scores[0], seconds, seen.estimated)

    @cached_property
    def _further(self) -> list[Column]:
        """The values of the further objectives."""
        free = self._rows.free
        return [free[m.valid]() if m.valid in free else self.data.numbers(m.valid) for m in self.also]

    def _free(self, space: Space, rows: Batch) -> dict[str, Callable[[], Column]]:
        """What is free to know: costs by the space's own count where the table has none, latencies, proxies."""

        def analytic(name: str) -> Column:
            assert isinstance(space, Priced)
            cost: NDArray[np.int64] = getattr(space.cost(rows), name)
            return cost.astype(np.float64)

        pattern = re.compile(r"params$|macs$|latency_|peak_memory|zc_")
        named = {metric.valid for metric in self.metrics if metric.free}
        recorded = [c for c in self.data.columns if pattern.match(c) or c in named]
        costs = [c for c in ("params", "macs") if c not in recorded and isinstance(space, Priced)]
        free: dict[str, Callable[[], Column]] = {c: partial(self.data.numbers, c) for c in recorded}
        return free | {c: partial(analytic, c) for c in costs}

    # -- what may be looked at afterwards -------------------------------------------------------------

    def report(self, batch: Batch) -> Report:
        """Return mean values, NaN for architectures that the table does not have, and the optimum."""
        index, absent = self._rows.locate(batch)
        valid, test = (np.where(absent, np.nan, column[index]) for column in self._means)
        return Report(valid, test, self.optimum)

    @cached_property
    def optimum(self) -> Optimum:
        """The best mean values on validation and on test."""
        valid, test = self._means
        return Optimum.of(valid, test, self.metric)

    def optimum_in(self, space: Space, whole: Optimum) -> Optimum:
        """Return the best mean values among the table's rows that are in a space."""
        if space is self.space:
            return whole
        inside = space.is_valid(self._rows.rows)
        valid, test = (column[inside] for column in self._means)
        return Optimum.of(valid, test, self.metric)

    @cached_property
    def _means(self) -> list[Column]:
        missing = np.full(self._rows.size, np.nan)
        names = (mean_column(self.data, self.metric.valid), mean_column(self.data, self.metric.test))
        return [finite(self.data.numbers(name)) if name in self.data.columns else missing for name in names]

    @property
    def note(self) -> str:
        """What is to be said beside any number of this benchmark, empty if nothing."""
        notes = list(filter(None, [remark(self.data)]))
        if self.on_test:
            notes.append(f"the search sees test {self.metric.name}: its result is not a fair estimate")
        if self.run == "random":
            known_runs = self._observed.runs_known(self.fidelity)
            if (known_runs == 1).any():
                notes.append(f"{(known_runs == 1).sum():,} of {len(known_runs):,} rows have one known run only")
        return "; ".join(notes)

    def check_objective(self) -> None:
        """Make sure that the objective is in percent, and that no name and no ranks say that lower values are better.

        Raises:
            InvalidTable: it holds fractions, or something says so, and the card does not vouch for it
                (`"direction": "higher is better"`).
        """
        if self.card.get("direction") == MAXIMISED or self.metric != ACCURACY or "metrics" in self.card:
            return  # its owner said so
        scores = self._observed.at(self.fidelity).scores
        if scores.max() <= 1:
            raise InvalidTable(
                f"{self.name}: {self.objective} has fractions, up to {scores.max():g}, and percentages are wanted; "
                "multiply it by 100."
            )
        texts = [str(self.card.get(key, "")) for key in (self.objective.removesuffix("_acc"), "unit", "direction")]
        named = [text for text in texts if lower_is_better(text) and len(text.split()) <= _MOST_WORDS]
        if reason := f"its card calls it {named[0]!r}" if named else inverted(scores, self._evidence()):
            raise InvalidTable(
                f"{self.name}: {self.objective} looks as if lower were better: {reason}; say what it is with a metric "
                "(metrics=[Metric('error', minimize=True)], weaknas data import --metric), or vouch for it with "
                "higher_is_better=True (--option benchmark.higher_is_better=true)."
            )

    def _evidence(self) -> Iterator[tuple[str, Column]]:
        """Yield the other columns that go with accuracy, or against it, and what the architectures cost."""
        for name in self.data.columns:
            if expected(name) and not name.startswith((self.objective, "zc_")):
                with contextlib.suppress(InvalidTable):  # a column of something else
                    yield name, self.data.numbers(name)
        for name in sorted(self._rows.free.keys() - set(self.data.columns)):  # counted by the space
            assert isinstance(self._rows.base, Priced)
            sample = slice(None, None, -(-self._rows.size // _SAMPLE))  # to count them all can take seconds
            counted = np.full(self._rows.size, np.nan)
            counted[sample] = getattr(self._rows.base.cost(self._rows.rows[sample]), name)
            yield name, counted
