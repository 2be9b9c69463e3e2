"""A benchmark that looks its answers up in a table."""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from weaknas.contracts import Benchmark, Measurements, Optimum, Report, check_seed
from weaknas.errors import InvalidOption, InvalidTable
from weaknas.spaces import Batch, Priced, Rows, Space

from .card import space_of
from .columns import FrameSource, Numbers, Source, mean_column, single_runs
from .direction import MAXIMISED, expected, lower_is_better, upside_down
from .published import remark

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table"]

Run = Literal["mean", "random"] | int
_PREFIX = {"valid": "valid_acc", "test": "test_acc"}
_ENOUGH = 5000  # rows that tell whether two columns go together
_NAME = 4  # words that a name may have: more are a description


class Table(Benchmark):
    """A benchmark over the rows of a table in the format of `docs/table-format.md`, version 1.

    Args:
        source: the columns.
        space: the space the architectures belong to; the one the card names if None.
        name: the benchmark's name.
        run: which recorded training run a query sees: `mean` of all runs, run number K, or `random`, which draws
            one of the known runs once for each architecture and seed.
        fidelity: epochs of the shorter schedule that a query sees; None for the full one.
        objective: `valid`, or `test` to search on test accuracy (label it so: it is not a fair search).
        seed: seed of the draws of `run="random"`.
        universe: `rows` for the architectures in the table, `raw` for the whole space, where an architecture
            that is not in the table is a failed evaluation (NaN).

    Raises:
        InvalidOption: a run, fidelity or objective that the table does not have (for every row).
        InvalidTable: accuracies outside 0 to 100 %, or an architecture listed twice.
        InvalidArchitecture: a text that is not an architecture of the space.
    """

    def __init__(
        self,
        source: Source,
        space: Space | None = None,
        *,
        name: str = "table",
        run: Run = "mean",
        fidelity: int | None = None,
        objective: Literal["valid", "test"] = "valid",
        seed: int = 0,
        universe: Literal["rows", "raw"] = "rows",
    ) -> None:
        if objective not in tuple(_PREFIX):
            raise InvalidOption(f"objective is 'valid' or 'test', not {objective!r}.")
        if universe not in ("rows", "raw"):
            raise InvalidOption(f"universe is 'rows' or 'raw', not {universe!r}.")
        if run not in ("mean", "random") and (isinstance(run, bool) or not isinstance(run, int)):
            raise InvalidOption(f"run is 'mean', 'random' or a number, not {run!r}.")
        self.name = name
        self.source = source
        self.card = source.card
        self.dataset = str(self.card.get("dataset", name))
        self.objective = "test_acc" if objective == "test" else "valid_acc"
        self.run: Run = run
        self.fidelity = fidelity
        self.seed = check_seed(seed)
        base = space or space_of(self.card)
        rows = base.from_str(source.texts())
        self._rows = Rows(base, rows, self._free(base, rows))
        self.space = self._rows if universe == "rows" else base
        self._columns: dict[int | None, tuple[Numbers, Numbers, bool]] = {}
        self._columns[fidelity] = self._column(fidelity)

    @classmethod
    def from_frame(
        cls, frame: "pd.DataFrame", space: Space, *, higher_is_better: bool = False, **options: Any
    ) -> "Table":
        """Make a benchmark of any data frame.

        Args:
            frame: a column `arch` of text forms and the accuracy columns of the table format, in percent:
                `valid_acc` at least, or `test_acc` with `objective="test"`.
            space: the space of the architectures.
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
        table = cls(FrameSource(frame, {"space": space.name}), space, **options)
        if not higher_is_better:
            table.check_objective()
        return table

    @property
    def fidelities(self) -> tuple[int, ...]:
        """Epochs of the schedules that the table holds for the run in force; empty if it is opened at one of them."""
        full = self.card.get("epochs")
        if full is None or self.fidelity is not None:
            return ()
        found = {re.fullmatch(rf"{self.objective}(?:_run\d+)?_e(\d+)", column) for column in self.source.columns}
        shorter = sorted({int(match[1]) for match in found if match})
        return (*shorter, int(full)) if shorter else ()

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of the table's file, by its name."""
        return self.source.checksums

    # -- what a search sees ---------------------------------------------------------------------------

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return the accuracies (percent) and training seconds of `(n, d)` architectures."""
        wanted = self.fidelity if fidelity is None else fidelity
        if wanted not in self._columns:
            self._columns[wanted] = self._column(wanted)
        scores, seconds, estimated = self._columns[wanted]
        if self.space is self._rows:
            index = self._rows.index(batch)
            return Measurements(scores[index], seconds[index], estimated)
        index, absent = self._rows.locate(self.space.validate(batch))
        return Measurements(
            np.where(absent, np.nan, scores[index]), np.where(absent, np.nan, seconds[index]), estimated
        )

    def features(self, names: Sequence[str]) -> Callable[[Batch], Numbers]:
        """Return a function from a batch to `(n, len(names))` of what is free to know.

        Args:
            names: columns such as `params`, `macs`, `latency_ms_pixel3` and `zc_naswot`.
        """
        free = self._rows.free
        for wanted in names:
            if wanted not in free:
                raise InvalidOption(f"{self.name} has no feature {wanted!r}; it has {', '.join(free) or 'none'}.")
        return lambda batch: np.stack([self._rows.free_to_know(name, batch) for name in names], axis=1)

    def _free(self, space: Space, rows: Batch) -> dict[str, Callable[[], Numbers]]:
        """What is free to know: costs by the space's own count where the table has none, latencies, proxies."""

        def analytic(name: str) -> Numbers:
            assert isinstance(space, Priced)
            cost: NDArray[np.int64] = getattr(space.cost(rows), name)
            return cost.astype(np.float64)

        pattern = re.compile(r"params$|macs$|latency_|peak_memory|zc_")
        recorded = [c for c in self.source.columns if pattern.match(c)]
        costs = [c for c in ("params", "macs") if c not in recorded and isinstance(space, Priced)]
        free: dict[str, Callable[[], Numbers]] = {c: functools.partial(self.source.numbers, c) for c in recorded}
        return free | {c: functools.partial(analytic, c) for c in costs}

    # -- what may be looked at afterwards -------------------------------------------------------------

    def report(self, batch: Batch) -> Report:
        """Return mean accuracies, NaN for architectures that the table does not have, and the optimum."""
        index, absent = self._rows.locate(batch)
        valid, test = (np.where(absent, np.nan, column[index]) for column in self._means)
        return Report(valid, test, self.optimum)

    @cached_property
    def optimum(self) -> Optimum:
        """The best mean validation and the best mean test accuracy."""
        return Optimum.of(*self._means)

    def optimum_in(self, space: Space, whole: Optimum) -> Optimum:
        """Return the best mean accuracies among the table's rows that are in a space."""
        if space is self.space:
            return whole
        inside = space.is_valid(self._rows.rows)
        return Optimum.of(*(column[inside] for column in self._means))

    @cached_property
    def _means(self) -> list[Numbers]:
        missing = np.full(self._rows.size, np.nan)
        columns = self.source.columns
        return [
            self.source.numbers(name) if name in columns else missing
            for name in (mean_column(self.source, "valid_acc"), mean_column(self.source, "test_acc"))
        ]

    @property
    def note(self) -> str:
        """What is to be said beside any number of this benchmark, empty if nothing."""
        said = remark(self.source)
        notes = [said] if said else []
        if self.objective == "test_acc":
            notes.append("the search sees test accuracy: its result is not a fair estimate")
        if self.run == "random":
            known_runs = self._known_runs(self.fidelity)[1].sum(0)
            if (known_runs == 1).any():
                notes.append(f"{(known_runs == 1).sum():,} of {len(known_runs):,} rows have one known run only")
        return "; ".join(notes)

    def check_objective(self) -> None:
        """Make sure that the objective is in percent, and that no name and no ranks say that lower values are better.

        Raises:
            InvalidTable: it holds fractions, or something says so, and the card does not vouch for it
                (`"direction": "higher is better"`).
        """
        if self.card.get("direction") == MAXIMISED:
            return
        scores = self._columns[self.fidelity][0]
        if scores.max() <= 1:
            raise InvalidTable(
                f"{self.name}: {self.objective} has fractions, up to {scores.max():g}, and percentages are wanted; "
                "multiply it by 100."
            )
        said = [str(self.card.get(key, "")) for key in (self.objective.removesuffix("_acc"), "unit", "direction")]
        named = [text for text in said if lower_is_better(text) and len(text.split()) <= _NAME]
        if reason := f"its card calls it {named[0]!r}" if named else upside_down(scores, self._telling()):
            raise InvalidTable(
                f"{self.name}: {self.objective} looks as if lower were better: {reason}; weaknas maximises it, so "
                "give an accuracy, such as 100 minus the error, or vouch for it with higher_is_better=True "
                "(--option benchmark.higher_is_better=true)."
            )

    def _telling(self) -> Iterator[tuple[str, Numbers]]:
        """Yield the other columns that go with accuracy, or against it, and what the architectures cost."""
        for name in self.source.columns:
            if expected(name) and not name.startswith((self.objective, "zc_")):
                with contextlib.suppress(InvalidTable):  # a column of something else
                    yield name, self.source.numbers(name)
        for name in sorted(self._rows.free.keys() - set(self.source.columns)):  # counted by the space
            assert isinstance(self._rows.base, Priced)
            some = slice(None, None, -(-self._rows.size // _ENOUGH))  # to count them all can take seconds
            counted = np.full(self._rows.size, np.nan)
            counted[some] = getattr(self._rows.base.cost(self._rows.rows[some]), name)
            yield name, counted

    # -- columns --------------------------------------------------------------------------------------

    def _column(self, fidelity: int | None) -> tuple[Numbers, Numbers, bool]:
        """Return scores, training seconds and whether those are estimated, at a fidelity."""
        if fidelity == self.card.get("epochs"):
            fidelity = None  # the full schedule by its number of epochs
        scores = self._scores(fidelity)
        unknown = np.isnan(scores)
        if unknown.any():
            row = int(np.argmax(unknown))
            raise InvalidOption(
                f"{self.name}: {self._wanted(fidelity)} is not known for {unknown.sum():,} of {len(scores):,} rows, "
                f"{self.source.texts()[row]} the first; choose another run, fidelity or objective, or drop the rows."
            )
        if scores.min() < 0 or scores.max() > 100:
            raise InvalidTable(
                f"{self.name}: accuracies must be percent, 0 to 100, not {scores.min()} to {scores.max()}."
            )
        return scores, *self._seconds(fidelity)

    def _scores(self, fidelity: int | None) -> Numbers:
        if self.run == "random":
            values, is_known = self._known_runs(fidelity)
            count = is_known.sum(0)
            draw = np.random.default_rng(self.seed).random(values.shape[1]) * count
            chosen = np.argmax(np.cumsum(is_known, axis=0) > draw, axis=0)
            drawn: Numbers = values[chosen, np.arange(values.shape[1])]
            return drawn
        name = self._wanted(fidelity)
        if name not in self.source.columns:
            have = sorted(c for c in self.source.columns if c.startswith(self.objective))
            raise InvalidOption(f"{self.name} has no {name}; it has {', '.join(have) or 'no such accuracies'}.")
        return self.source.numbers(name)

    def _wanted(self, fidelity: int | None) -> str:
        suffix = "" if fidelity is None else f"_e{fidelity}"
        if isinstance(self.run, int):
            return f"{self.objective}_run{self.run}{suffix}"
        return mean_column(self.source, self.objective, suffix)

    def _known_runs(self, fidelity: int | None) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return `(runs, rows)` values of the recorded runs, and where they are known."""
        column = self.objective, "" if fidelity is None else f"_e{fidelity}"
        values = single_runs(self.source, *column)
        if not len(values):
            raise InvalidOption(f"{self.name} has no single runs of {''.join(column)}; use run='mean'.")
        return values, ~np.isnan(values)

    def _seconds(self, fidelity: int | None) -> tuple[Numbers, bool]:
        """Return training seconds, and whether they are estimated: a shorter schedule's share of the full one."""
        own = f"train_seconds_run{self.run}"
        name = own if own in self.source.columns else "train_seconds"
        if name not in self.source.columns:
            return np.full(self._rows.size, np.nan), False
        seconds = self.source.numbers(name)
        if fidelity is None:
            return seconds, name in self.source.estimated
        return seconds * (fidelity / self.card.get("epochs", np.nan)), True
