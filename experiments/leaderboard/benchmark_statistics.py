"""The statistics of one benchmark's entries, in the form that the page takes."""

import math
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..statistics import comparison, curves
from ..statistics import optimum as hitting
from ..statistics.intervals import bootstrap

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BenchmarkStatistics", "plain"]

_LADDER = (10, 20, 50, 100, 150, 200, 400, 600, 1000, 2000, 5000, 10_000, 20_000, 50_000)
_COLUMNS = 3  # budgets that all entries have, at which the table states accuracies
_POINTS = 80  # of a curve
_LEVEL = 0.05
_TARGETS: tuple[hitting.Target, ...] = ("valid", "test")
_AXES: tuple[curves.Axis, ...] = ("queries", "hours")


class BenchmarkStatistics:
    """What the results of a benchmark say of each label.

    Args:
        frame: the rows of all entries, one a query, each entry's sorted by seed and query.
        benchmark: its name, in all rows.
        card: what the manifest says of it.
        budgets: by label, the queries that a run may make.
        checkpoints: at how many queries the studies state accuracies.

    Attributes:
        common: queries that the runs of all entries may make, but for those of less than a fifth of the median.
        budgets: at how many queries accuracies are stated: some that all entries have, then the most of any.
        grid: where curves are known, by axis; no `hours` if training times are not known.
    """

    def __init__(
        self,
        frame: "pd.DataFrame",
        benchmark: str,
        card: curves.SearchedBenchmark,
        budgets: dict[str, int],
        checkpoints: Iterable[int] = (),
    ) -> None:
        self._frame, self._benchmark, self._card = frame, benchmark, card
        self._values: dict[tuple[str, str], dict[tuple[str, str], tuple[list[int], Any]]] = {}
        self._progress = curves.progress(frame, {benchmark: card})
        # One entry of very few queries would take the others' comparison down to them.
        usual = [budget for budget in budgets.values() if budget >= comparison.ENOUGH * np.median([*budgets.values()])]
        self.common, most = min(usual), max(usual)
        shared = sorted({budget for budget in checkpoints if budget < self.common})
        shared = shared or [budget for budget in _LADDER if budget < self.common][1 - _COLUMNS :]
        self.budgets = [*shared, self.common, *([most] if most > self.common else [])]
        points = {axis: curves.grid(self._progress, axis, _POINTS) for axis in _AXES}
        self.grid = {axis: _plain(values) for axis, values in points.items() if len(values) > 1 or axis == "queries"}

    def measure(self, measure: curves.Measure, label: str) -> dict[str, Any]:
        """Return a measure's mean, low and high: `at` the budgets one triple each, and three lists by axis."""
        known, metric = {}, self._card.metric
        in_its_unit = [0, 2, 1] if metric.minimize else [0, 1, 2]
        for axis in self.grid:
            known[axis] = np.stack(bootstrap(self._at(measure, axis)[self._benchmark, label][1]))
            known[axis] = metric.oriented(known[axis])[in_its_unit]
        at, known["queries"] = np.split(known["queries"], [len(self.budgets)], axis=1)
        return {"at": _plain(at.T), **{axis: _plain(values) for axis, values in known.items()}}

    def hits(self, target: hitting.Target, label: str) -> dict[str, Any]:
        """Return how many runs found the optimum, ERT and median, each with its interval, and the ECDF's steps."""
        summary, steps = self._optimum[target]
        if label not in summary.index:
            return {"rate": None, "ert": None, "median": None, "ecdf": [[], []]}
        row, own = summary.loc[label], steps[steps["label"] == label]
        triples = {
            name: _plain([row[column], row[f"{column}_low"], row[f"{column}_high"]])
            for name, column in (("rate", "success"), ("ert", "ert"), ("median", "median"))
        }
        return {**triples, "ecdf": [_plain(own["queries"]), _plain(own["share"])]}

    def ranks(self, protocol: curves.Measure, labels: Collection[str]) -> dict[str, Any] | None:
        """Return mean ranks of some labels at the common budget, and which of them a test cannot tell apart.

        None where fewer than three entries have as many as two seeds in common.
        """
        index = len(self.budgets) - 1 - (self.budgets[-1] != self.common)
        table = comparison.scores(self._at(protocol, "queries"), index)
        table = table[table["label"].isin(labels)]
        found = comparison.ranks(table)
        if len(found) < 3 or found["seeds"].iloc[0] < 2:
            return None
        ranked = found["label"].tolist()
        p = comparison.nemenyi(table).loc[ranked, ranked].to_numpy()
        return {
            "labels": ranked,
            "few": sorted({*labels} - {*ranked}),
            "ranks": _plain(found["rank"]),
            "cliques": comparison.cliques(p > _LEVEL),
            "seeds": int(found["seeds"].iloc[0]),
            "queries": self.common,
        }

    def _at(self, measure: curves.Measure, axis: curves.Axis) -> dict[tuple[str, str], tuple[list[int], Any]]:
        """Return every run's values on the grid of an axis; against queries, at the budgets before that."""
        if (measure, axis) not in self._values:
            points = [*self.budgets, *self.grid[axis]] if axis == "queries" else self.grid[axis]
            self._values[measure, axis] = curves.at(self._progress, measure, axis, points)
        return self._values[measure, axis]

    @cached_property
    def _optimum(self) -> dict[str, tuple["pd.DataFrame", "pd.DataFrame"]]:
        runs: dict[str, pd.DataFrame] = {target: hitting.hits(self._frame, target) for target in _TARGETS}
        return {
            target: (hitting.summary(found).set_index("label"), hitting.ecdf(found)) for target, found in runs.items()
        }


def plain(value: float | None) -> float | None:
    """Return a number of six digits, an integer as such; None for what is not finite."""
    if value is None or not math.isfinite(value):
        return None
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() else short


def _plain(values: Any) -> Any:
    """Return an array as lists of such numbers."""
    array = np.asarray(values, dtype=np.float64)
    return [_plain(part) for part in array] if array.ndim > 1 else [plain(value) for value in array.tolist()]
