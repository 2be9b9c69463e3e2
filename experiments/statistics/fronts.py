"""Searches of several objectives: the hypervolume of what a run has found, and how far its front is from the true one.

Points are in the metrics' own units and directions; a point with a missing value beats nothing. The computations are
moocore's (Fonseca, Lopez-Ibanez, Paquete, and others).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from weaknas.metrics import Metric

from .runs import Values, runs_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SHARES", "attainment", "distance", "hits", "hypervolume", "progress", "reached"]

SHARES = (0.95, 0.99)
"""Shares of the true hypervolume that searches are to reach."""

Points = NDArray[np.float64]  # (n, k)


class Truth(Protocol):
    """What is known of a trade-off.

    Attributes:
        reference: `(k,)` values as bad as they get: what is worse adds no hypervolume.
        front: `(m, k)` the points of the benchmark that no other one dominates; none where that is not known.
    """

    @property
    def reference(self) -> Sequence[float]: ...

    @property
    def front(self) -> Sequence[Sequence[float]]: ...


class TradedBenchmark(Protocol):
    """What is to be known of a benchmark: its objectives, and its trade-off, None where it has one objective."""

    @property
    def objectives(self) -> Sequence[Metric]: ...

    @property
    def objective(self) -> str: ...

    @property
    def tradeoff(self) -> Truth | None: ...


def _small(points: Points, metrics: Sequence[Metric]) -> Points:
    """Return points of which every value is to be small, complete ones only."""
    complete = points[np.isfinite(points).all(axis=1)]
    signs = np.array([1.0 if metric.minimize else -1.0 for metric in metrics])
    small: Points = complete * signs
    return small


def hypervolume(points: Points, reference: Sequence[float], metrics: Sequence[Metric]) -> float:
    """Return the volume that `(n, k)` points dominate and a reference bounds (Zitzler & Thiele, 1998).

    Args:
        points: `(n, k)`; those with a missing value are left out.
        reference: `(k,)`.
        metrics: of the columns.
    """
    import moocore

    small = _small(points, metrics)
    reference_point = _small(np.atleast_2d(np.array(reference, dtype=np.float64)), metrics)[0]
    return float(moocore.hypervolume(small, ref=reference_point)) if len(small) else 0.0


def distance(points: Points, front: Points, metrics: Sequence[Metric]) -> float:
    """Return IGD+ (Ishibuchi et al., 2015) of points to the true front; NaN without a point.

    Every objective is scaled by its span on the true front, so that units do not matter.
    """
    import moocore

    small, truth = _small(points, metrics), _small(front, metrics)
    if not len(small):
        return float("nan")
    span = np.ptp(truth, axis=0)
    span[span == 0] = 1.0
    return float(moocore.igd_plus(small / span, ref=truth / span))


def progress(frame: "pd.DataFrame", benchmarks: Mapping[str, TradedBenchmark]) -> "pd.DataFrame":
    """Return what every run of several objectives has found after each row.

    Args:
        frame: a study's results, sorted.
        benchmarks: by label, those of the manifest; one with a single objective is left out.

    Returns:
        `benchmark, label, seed, queries, hypervolume, share, igd`: the share is of the true front's hypervolume, and
        IGD+ the distance to it; both NaN where it is not known. Full trainings count, and nothing else.
    """
    import pandas as pd

    parts = []
    for run in runs_of(frame):
        card = benchmarks[str(run["benchmark"].iloc[0])]
        if card.tradeoff is None:
            continue
        metrics, reference = list(card.objectives), card.tradeoff.reference
        columns = [card.objective, *(metric.valid for metric in metrics[1:])]
        points = np.where(run["fidelity"].isna().to_numpy()[:, None], run[columns].to_numpy(np.float64), np.nan)
        front = np.array(card.tradeoff.front, dtype=np.float64).reshape(-1, len(metrics))
        whole = hypervolume(front, reference, metrics) if len(front) else np.nan
        volume, igd = _curves(points, reference, metrics, front)
        part = run[["benchmark", "label", "seed"]].astype({"benchmark": str, "label": str})
        parts.append(part.assign(queries=run["cost"], hypervolume=volume, share=volume / whole, igd=igd))
    columns = ["benchmark", "label", "seed", "queries", "hypervolume", "share", "igd"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _curves(
    points: Points, reference: Sequence[float], metrics: Sequence[Metric], front: Points
) -> tuple[Values, Values]:
    """Return hypervolume and IGD+ after each of `(n, k)` points; computed anew only where the front has changed."""
    import moocore

    volumes, distances = np.zeros(len(points)), np.full(len(points), np.nan)
    kept = points[:0]
    for at, point in enumerate(points):
        volumes[at], distances[at] = (volumes[at - 1], distances[at - 1]) if at else (0.0, np.nan)
        if not np.isfinite(point).all():
            continue
        more = np.vstack([kept, point])
        undominated = moocore.is_nondominated(_small(more, metrics))
        if undominated[-1]:
            kept = more[undominated]
            volumes[at] = hypervolume(kept, reference, metrics)
            distances[at] = distance(kept, front, metrics) if len(front) else np.nan
    return volumes, distances


def reached(table: "pd.DataFrame", measure: str, queries: float) -> "pd.DataFrame":
    """Return `benchmark, label, seed, value` of every run after so many queries.

    Args:
        table: from `progress`.
        measure: `hypervolume`, `share` or `igd`.
        queries: at which point.
    """
    inside = table[table["queries"] <= queries * (1 + 1e-9)]
    last = inside.groupby(["benchmark", "label", "seed"], as_index=False, sort=True).last()
    return last.rename(columns={measure: "value"})[["benchmark", "label", "seed", "value"]]


def hits(table: "pd.DataFrame", share: float) -> "pd.DataFrame":
    """Return when every run reached a share of the true hypervolume, as `optimum.summary` takes it.

    Args:
        table: from `progress`.
        share: such as 0.95.

    Returns:
        `benchmark, label, seed, hit, queries, hours`, of the benchmarks whose true front is known.
    """
    import pandas as pd

    rows = []
    for run in runs_of(table):
        shares, spent = run["share"].to_numpy(dtype=np.float64), run["queries"].to_numpy(dtype=np.float64)
        if np.isnan(shares).all():
            continue
        reached = shares >= share
        first = run.iloc[0]
        last = int(np.argmax(reached)) if reached.any() else len(run) - 1
        key = (str(first["benchmark"]), str(first["label"]), int(first["seed"]))
        rows.append((*key, bool(reached.any()), float(spent[last]), np.nan))
    return pd.DataFrame(rows, columns=["benchmark", "label", "seed", "hit", "queries", "hours"])


def attainment(runs: Sequence[Points], metrics: Sequence[Metric], percentiles: Sequence[float]) -> dict[float, Points]:
    """Return the surfaces that a percentage of the runs attain: the empirical attainment function of two objectives.

    Grunert da Fonseca et al., EMO 2001.

    Args:
        runs: `(n, 2)` points of each run.
        metrics: of the two columns.
        percentiles: of the runs, such as 50 for the median run.

    Returns:
        By percentile `(m, 2)` points of the surface, in the order of the second objective.
    """
    import moocore

    small = [_small(points, metrics) for points in runs]
    sets = np.repeat(np.arange(1, len(small) + 1), [len(points) for points in small])
    found = moocore.eaf(np.concatenate(small), sets, percentiles=percentiles)
    signs = np.array([1.0 if metric.minimize else -1.0 for metric in metrics])
    surfaces = {p: found[found[:, -1] == p][:, :2] * signs for p in percentiles}
    return {p: surface[np.argsort(surface[:, 1], kind="stable")] for p, surface in surfaces.items()}
