"""What a search would report after so many queries, or so many hours of training."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from weaknas.measurements import Optimum
from weaknas.metrics import Metric

from .intervals import bootstrap
from .runs import KEY, Values, new_incumbent, paper, runs_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AXES", "MEASURES", "Axis", "Measure", "at", "bands", "grid", "progress"]

Measure = Literal["honest", "paper", "best"]
Axis = Literal["queries", "hours", "clock"]
MEASURES: Mapping[Measure, str] = {
    "honest": "test accuracy of the architecture with the best score among those queried",
    "paper": "best test accuracy among those queried and the predictor's top-1 (one query that is not counted)",
    "best": "best score seen",
}
AXES: Mapping[Axis, str] = {
    "queries": "queries",
    "hours": "simulated hours of training",
    "clock": "hours of the simulated cluster",
}


class SearchedBenchmark(Protocol):
    """What a curve needs to know of a benchmark: what is measured, the column that searches see, the best there is."""

    @property
    def metric(self) -> Metric: ...

    @property
    def objective(self) -> str: ...

    @property
    def best(self) -> Optimum: ...


def progress(frame: "pd.DataFrame", benchmarks: Mapping[str, SearchedBenchmark]) -> "pd.DataFrame":
    """Return, for every row of the results, what the run has reached by then.

    Args:
        frame: a study's results, sorted.
        benchmarks: by label, those of the manifest.

    Returns:
        `benchmark, label, seed, queries, hours, clock, honest, paper, best`, and `settled`, `settled_paper`: whether
        more queries could not change `honest` and `best`, or `paper`. Values of which higher ones are better (what is
        to be small is negated), NaN before there is one.
    """
    import pandas as pd

    parts: dict[str, list[Any]] = {name: [] for name in ("honest", "paper", "best", "settled", "settled_paper")}
    for run in runs_of(frame):
        full = run["fidelity"].isna().to_numpy()
        benchmark = benchmarks[str(run["benchmark"].iloc[0])]
        metric, optimum, on_test = benchmark.metric, benchmark.best, benchmark.objective == benchmark.metric.test
        seen, test = (
            metric.oriented(np.where(full, run[name].to_numpy(np.float64), np.nan))
            for name in (benchmark.objective, metric.test)
        )
        top1 = metric.oriented(run["top1_test"].to_numpy(np.float64))
        new = new_incumbent(seen)
        found = np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))
        best = np.where(new.cumsum() > 0, seen[found], np.nan)
        parts["honest"].append(np.where(new.cumsum() > 0, test[found], np.nan))
        parts["paper"].append(paper(test, top1))
        parts["best"].append(best)
        parts["settled"].append(_attains(best, metric.oriented(optimum.test if on_test else optimum.valid)))
        parts["settled_paper"].append(_attains(np.fmax.accumulate(test), metric.oriented(optimum.test)))
    table = frame[[*KEY]].reset_index(drop=True)
    table["queries"] = frame["cost"].to_numpy(np.float64)
    table["hours"] = frame["spent_seconds"].to_numpy(np.float64) / 3600
    table["clock"] = frame["clock_seconds"].to_numpy(np.float64) / 3600 if "clock_seconds" in frame else np.nan
    return pd.concat([table, pd.DataFrame({name: np.concatenate(part) for name, part in parts.items()})], axis=1)


def _attains(values: Values, best: float) -> NDArray[np.bool_]:
    return np.asarray(values == float(np.float32(best)))


def grid(table: "pd.DataFrame", axis: Axis, count: int = 80) -> Values:
    """Return points to draw curves at: from the first to the last of an axis, evenly on a logarithmic scale."""
    values = table[axis].to_numpy()
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return np.zeros(0)
    points = np.geomspace(values.min(), values.max(), count)
    return np.unique(np.maximum(np.round(points), 1)) if axis == "queries" else points


def at(
    table: "pd.DataFrame", measure: Measure, axis: Axis, points: Sequence[float] | Values
) -> dict[tuple[str, str], tuple[list[int], Values]]:
    """Return what every run has reached at some points of an axis.

    A run that ended before a point counts there with its last value if more queries could not have changed that, or
    less than a query was left, which is no full training; otherwise its value is not known.

    Args:
        table: from `progress`.
        measure: `honest`, `paper` or `best`.
        axis: `queries` (in full trainings), `hours`, or `clock` where workers were simulated.
        points: `(k,)` of the axis, rising.

    Returns:
        By benchmark and label, the seeds and the `(runs, k)` values, NaN where not known.
    """
    tables: dict[tuple[str, str], tuple[list[int], list[Values]]] = {}
    wanted = np.asarray(points, dtype=np.float64)
    rest = 1 - 1e-4 if axis == "queries" else 0.0
    for run in runs_of(table):
        spent, values = run[axis].to_numpy(), run[measure].to_numpy()
        settled = run["settled_paper" if measure == "paper" else "settled"].iloc[-1]
        index = np.searchsorted(spent, wanted * (1 + 1e-9), side="right") - 1
        row = np.where(index >= 0, values[index], np.nan)
        if not settled:
            row[wanted > spent[-1] * (1 + 1e-9) + rest] = np.nan
        if np.isnan(spent).any():
            row[:] = np.nan  # the training time of an architecture is not known
        first = run.iloc[0]
        seeds, rows = tables.setdefault((str(first["benchmark"]), str(first["label"])), ([], []))
        seeds.append(int(first["seed"]))
        rows.append(row)
    return {key: (seeds, np.stack(rows)) for key, (seeds, rows) in tables.items()}


def bands(
    table: "pd.DataFrame",
    measure: Measure,
    axis: Axis,
    points: Sequence[float] | Values,
    statistic: Callable[..., Any] = np.mean,
) -> "pd.DataFrame":
    """Return the mean curve of every strategy with its bootstrap band, where the values of all its runs are known.

    Args:
        table: from `progress`.
        measure: what is drawn.
        axis: against what.
        points: `(k,)` of the axis, rising.
        statistic: of the runs; the mean by default.

    Returns:
        `benchmark, label, queries` (or the other axis)`, runs, mean, low, high`.
    """
    import pandas as pd

    parts = []
    for (benchmark, label), (seeds, values) in at(table, measure, axis, points).items():
        known = ~np.isnan(values).any(axis=0)
        if not known.any():
            continue
        curve = bootstrap(values[:, known], statistic)
        columns = {axis: np.asarray(points)[known], "runs": len(seeds)}
        numbers = {"mean": curve.value, "low": curve.low, "high": curve.high}
        parts.append(pd.DataFrame({"benchmark": benchmark, "label": label, **columns, **numbers}))
    empty = pd.DataFrame(columns=["benchmark", "label", axis, "runs", "mean", "low", "high"])
    return pd.concat(parts, ignore_index=True) if parts else empty
