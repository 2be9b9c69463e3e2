"""What a search sees of a table: the scores of its objective in a recorded run, and what they cost."""

import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidOption, InvalidTable
from weaknas.measurements import Measurements
from weaknas.metrics import ACCURACY, Metric
from weaknas.table_file import Column, TableData

from .table_data import mean_column, single_runs

__all__ = ["ObservedColumns", "RecordedRun"]

RecordedRun = Literal["mean", "random"] | int
"""The training run that a query sees: the mean of all runs, one drawn for each architecture, or run number K."""


class ObservedColumns:
    """The columns that a search sees, at any fidelity that the table has.

    Args:
        data: the table.
        name: the benchmark's name, for the messages.
        metric: what the scores are.
        objective: the column of the scores.
        run: which recorded training run a query sees.
        seed: seed of the draws of `run="random"`.

    Raises:
        InvalidOption: the run is none.
    """

    def __init__(
        self, data: TableData, name: str, metric: Metric, objective: str, run: RecordedRun, seed: int
    ) -> None:
        if run not in ("mean", "random") and (isinstance(run, bool) or not isinstance(run, int)):
            raise InvalidOption(f"run is 'mean', 'random' or a number, not {run!r}.")
        self._data = data
        self._name = name
        self._metric = metric
        self._objective = objective
        self._run = run
        self._seed = seed
        self._at: dict[int | None, Measurements] = {}

    @property
    def fidelities(self) -> tuple[int, ...]:
        """Epochs of the schedules that the table holds for the run, the full one last; empty if there is one only."""
        full = self._data.card.get("epochs")
        pattern = re.compile(rf"{re.escape(self._objective)}(?:_run\d+)?_e(\d+)")
        shorter = sorted({int(match[1]) for match in map(pattern.fullmatch, self._data.columns) if match})
        return (*shorter, int(full)) if shorter and full is not None else ()

    def at(self, fidelity: int | None) -> Measurements:
        """Return what every row of the table measures at a fidelity, None for the full schedule.

        Raises:
            InvalidOption: the table does not have it, or not for every row.
            InvalidTable: scores outside 0 to 100 %.
        """
        if fidelity not in self._at:
            self._at[fidelity] = self._read(None if fidelity == self._data.card.get("epochs") else fidelity)
        return self._at[fidelity]

    def runs_known(self, fidelity: int | None) -> NDArray[np.int64]:
        """Return how many single runs of each row are known."""
        known: NDArray[np.int64] = (~np.isnan(self._runs(fidelity))).sum(0)
        return known

    def _read(self, fidelity: int | None) -> Measurements:
        scores = self._drawn(fidelity) if self._run == "random" else self._recorded(fidelity)
        unknown = ~np.isfinite(scores)
        if unknown.any() and (self._data.card.get("missing") != "failed" or unknown.all()):
            row = int(np.argmax(unknown))
            raise InvalidOption(
                f"{self._name}: {self._column(fidelity)} is not known for {unknown.sum():,} of {len(scores):,} rows, "
                f"{self._data.texts()[row]} the first; choose another run, fidelity or objective, or drop the rows."
            )
        if self._metric == ACCURACY and not 0 <= np.nanmin(scores) <= np.nanmax(scores) <= 100:
            raise InvalidTable(
                f"{self._name}: accuracies must be percent, 0 to 100, not {np.nanmin(scores)} to {np.nanmax(scores)}."
            )
        return Measurements(scores, *self._seconds(fidelity, len(scores)))

    def _recorded(self, fidelity: int | None) -> Column:
        name = self._column(fidelity)
        if name not in self._data.columns:
            have = sorted(c for c in self._data.columns if c.startswith(self._objective))
            raise InvalidOption(f"{self._name} has no {name}; it has {', '.join(have) or 'no such columns'}.")
        return self._data.numbers(name)

    def _column(self, fidelity: int | None) -> str:
        if isinstance(self._run, int):
            return f"{self._objective}_run{self._run}{_suffix(fidelity)}"
        return mean_column(self._data, self._objective, _suffix(fidelity))

    def _drawn(self, fidelity: int | None) -> Column:
        """Return one of the known runs of each row."""
        values = self._runs(fidelity)
        is_known = ~np.isnan(values)
        draw = np.random.default_rng(self._seed).random(values.shape[1]) * is_known.sum(0)
        chosen = np.argmax(np.cumsum(is_known, axis=0) > draw, axis=0)
        drawn: Column = values[chosen, np.arange(values.shape[1])]
        return drawn

    def _runs(self, fidelity: int | None) -> NDArray[np.float64]:
        values = single_runs(self._data, self._objective, _suffix(fidelity))
        if not len(values):
            raise InvalidOption(
                f"{self._name} has no single runs of {self._objective}{_suffix(fidelity)}; use run='mean'."
            )
        return values

    def _seconds(self, fidelity: int | None, rows: int) -> tuple[Column, bool]:
        """Return training seconds, and whether they are estimated: a shorter schedule's share of the full one."""
        own = f"train_seconds_run{self._run}"
        name = own if own in self._data.columns else "train_seconds"
        if (measured := name + _suffix(fidelity)) in self._data.columns:
            return self._data.numbers(measured), measured in self._data.estimated
        if name not in self._data.columns:
            return np.full(rows, np.nan), False
        seconds = self._data.numbers(name)
        return seconds * (fidelity / self._data.card.get("epochs", np.nan)), True


def _suffix(fidelity: int | None) -> str:
    return "" if fidelity is None else f"_e{fidelity}"
