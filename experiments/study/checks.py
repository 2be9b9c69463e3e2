"""What must be true of rows of results wherever they come from: each value can be, and a run counts up."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weaknas.errors import InvalidTable

from ..statistics.runs import KEY
from .manifest import Manifest
from .results_schema import SCHEMA

__all__ = ["TOLERANCE", "check_rows", "check_timings"]

TOLERANCE = 1e-4  # shares of a query do not add up exactly, and a cost has 32 bits
_MAY_BE_EMPTY = (
    *("predictor", "train_seconds", "fidelity", "spent_seconds"),
    *("hit_valid", "hit_test", "top1_test", "valid_acc", "test_acc"),
)

_ACCURACIES = ("valid_acc", "test_acc")
Mask = NDArray[np.bool_]


def check_rows(rows: pa.Table, manifest: Manifest | None = None) -> None:
    """Check the values of each row, and that queries, costs and seconds add up within a run.

    Args:
        rows: in the columns of a study, sorted by run and query.
        manifest: what is known of the benchmarks; accuracies without noise if None. With noise, what a search sees
            may be outside of 0 to 100 %.

    Raises:
        InvalidTable: something cannot be; the message names the first such row.
    """
    if len(rows):
        _RowChecks(rows).check(manifest)


class _RowChecks:
    """The rows of a table as arrays; unknown numbers are NaN."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        keys = [_codes(table[name]) for name in KEY]
        starts = np.ones(len(table), dtype=bool)
        starts[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
        self._later = ~starts
        self._run = np.cumsum(starts) - 1

    def check(self, manifest: Manifest | None) -> None:
        """Check everything."""
        for part in SCHEMA:
            if part.name not in _MAY_BE_EMPTY and part.name in self._table.column_names:
                self._refuse(self._table[part.name].is_null().to_numpy(), f"{part.name} is empty")
        self._values(manifest)
        self._numbering()
        self._seconds()

    def _values(self, manifest: Manifest | None) -> None:
        noisy = manifest.noisy if manifest else set()
        quiet = ~np.isin(self._table["benchmark"].to_numpy(), sorted(noisy)) if noisy else True
        percent = (*_ACCURACIES, "top1_test") if manifest is None or manifest.percent else _ACCURACIES
        for name in (name for name in percent if name in self._table.column_names):
            values = self._numbers(name)
            seen = quiet if name != "top1_test" else True
            wrong = ((values < 0) | (values > 100)) & seen | np.isinf(values)
            self._refuse(wrong, f"{name} is not a percentage from 0 to 100")
        others = set(self._table.column_names) - set(SCHEMA.names)
        for name in ("train_seconds", "spent_seconds", "cost", "top1_test", *sorted(others)):
            self._refuse(np.isinf(self._numbers(name)), f"{name} is infinite")
        for name in ("train_seconds", "spent_seconds"):
            self._refuse(self._numbers(name) < 0, f"{name} is negative")
        self._refuse(self._numbers("seed") < 0, "the seed is negative")
        self._refuse(self._numbers("fidelity") < 1, "the fidelity is no number of epochs")

    def _numbering(self) -> None:
        """Queries count up within a run, and cost; rows may be left out where nothing changed."""
        query, cost = self._numbers("query"), self._numbers("cost")
        self._refuse(query < 1, "the query is not a number from 1")
        self._refuse(self._later & (self._step(query) == 0), "the query stands there twice")
        self._refuse(~(cost > 0) | (cost > query + TOLERANCE), "the cost is not between 0 and the query's number")
        self._refuse(self._later & (self._step(cost) <= 0), "the cost does not grow from query to query")
        low_fidelity = np.bincount(self._run, ~np.isnan(self._numbers("fidelity")))[self._run] > 0
        self._refuse(~low_fidelity & (cost < query - TOLERANCE * query), "the cost is less than 1 a full training")

    def _seconds(self) -> None:
        """Seconds add up: to more than the row says where rows were left out before it, to as much where none was."""
        spent, own, query = (self._numbers(name) for name in ("spent_seconds", "train_seconds", "query"))
        paid = np.where(self._later, self._step(spent), spent)
        tolerance = TOLERANCE * (1 + np.abs(spent))
        wrong = (paid < own - tolerance) | (~np.isnan(spent) & np.isnan(own))
        wrong |= self._later & (self._step(query) == 1) & (paid > own + tolerance)
        self._refuse(wrong, "spent_seconds is not the sum of train_seconds so far")
        if "clock_seconds" in self._table.column_names:
            clock = self._numbers("clock_seconds")
            backwards = self._later & (self._step(clock) < 0)
            self._refuse((clock < 0) | backwards, "the workers' clock does not go on")

    def _numbers(self, name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self._table[name].to_numpy().astype(np.float64)
        return values

    def _step(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.diff(values, prepend=0.0)

    def _refuse(self, wrong: Mask, what: str) -> None:
        """Name the first row for which something is wrong."""
        if wrong.any():
            row = self._table.slice(int(np.argmax(wrong)), 1).to_pylist()[0]
            raise InvalidTable(
                f"the results cannot be right: in {wrong.sum():,} places {what}; the first is query {row['query']} of "
                f"{row['label']} on {row['benchmark']}, seed {row['seed']}; correct or restore them."
            )


def _codes(column: Any) -> NDArray[Any]:
    """Return a column as numbers that are equal where it is."""
    if pa.types.is_string(column.type):
        column = column.combine_chunks().dictionary_encode().indices
    codes: NDArray[Any] = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
    return codes


def check_timings(timings: pa.Table, rows: pa.Table) -> None:
    """Check that there is one row of timings for each run, with as many queries as it made, and what it says of time.

    Args:
        timings: one row a run.
        rows: one row a query.

    Raises:
        InvalidTable: something does not hold.
    """
    made = rows.group_by([*KEY], use_threads=False).aggregate([("query", "max")])
    if _runs(timings, "queries") != _runs(made, "query_max"):
        raise InvalidTable("the timings list other runs than the results have; restore both, or run again.")
    for name in ("wall_seconds", "overhead_seconds"):
        values = timings[name].to_numpy().astype(np.float64)
        if (
            wrong := (values < -TOLERANCE) | np.isinf(values)
        ).any():  # what is left of two clocks may be a hair below 0
            row = timings.slice(int(np.argmax(wrong)), 1).to_pylist()[0]
            raise InvalidTable(
                f"the timings cannot be right: {name} of {row['label']} on {row['benchmark']}, seed {row['seed']}, is "
                f"{row[name]}; correct or restore them."
            )


def _runs(table: pa.Table, queries: str) -> list[tuple[Any, ...]]:
    return sorted(zip(*(map(str, table[name].to_pylist()) for name in (*KEY, queries)), strict=True))
