"""Which of several points no other point beats in every objective; all objectives are maximised.

Infinite numbers are numbers. A point with a missing one (NaN) beats nothing and is never among the best.
"""

import numpy as np
from numpy.typing import NDArray

from .spaces.arrays import Numbers

__all__ = ["crowding", "front", "ranks"]


def front(points: Numbers) -> NDArray[np.bool_]:
    """Return `(n,)` which of `(n, k)` points no other point dominates: is as good in all and better in one.

    Equal points do not dominate one another. O(n log n) for two objectives, O(n f) with a front of f points else.
    """
    kept = np.zeros(len(points), dtype=bool)
    complete = _is_complete(points)
    kept[complete] = _undominated(_levels(points[complete]))
    return kept


def ranks(points: Numbers, enough: int | None = None) -> NDArray[np.int64]:
    """Return `(n,)` the front of each point, 0 for the first (Deb et al., 2002, fast non-dominated sorting).

    Points with a missing number come after all others.

    Args:
        points: `(n, k)`.
        enough: stop when so many points have a rank; the others share the next one.
    """
    rank = np.full(len(points), -1, dtype=np.int64)
    left = complete = np.flatnonzero(_is_complete(points))
    levels = np.zeros(points.shape, dtype=np.int64)
    levels[complete] = _levels(points[complete])
    level = 0
    while len(left) and (enough is None or len(complete) - len(left) < enough):
        best = _undominated(levels[left])
        rank[left[best]] = level
        left = left[~best]
        level += 1
    rank[rank < 0] = max(level, 1)  # the first front is never one of missing numbers
    return rank


def crowding(points: Numbers) -> Numbers:
    """Return `(n,)` the crowding distance of points of one front (Deb et al., 2002, section III.B).

    Distances are shares of the span of the finite values. What is infinitely far from a neighbour is not crowded at
    all; a point with a missing number has the distance 0.
    """
    distance = np.zeros(len(points))
    complete = np.flatnonzero(_is_complete(points))
    if len(complete) <= 2:
        distance[complete] = np.inf
        return distance
    for column in points[complete].T / 2:  # halved, so that no difference of finite values overflows
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        if ordered[0] == ordered[-1]:
            continue  # has no ends
        ahead, behind = ordered[2:], ordered[:-2]
        gaps = np.subtract(ahead, behind, out=np.zeros(len(ahead)), where=ahead != behind)
        distance[complete[order[1:-1]]] += gaps / _span(ordered)
        distance[complete[order[[0, -1]]]] = np.inf
    return distance


def _is_complete(points: Numbers) -> NDArray[np.bool_]:
    """Return `(n,)` which points have all their numbers."""
    return np.asarray(~np.isnan(points).any(axis=1))


def _levels(points: Numbers) -> NDArray[np.int64]:
    """Return each number's rank among the different ones of its column, whose sums are exact and finite."""
    levels = np.zeros(points.shape, dtype=np.int64)
    for i, column in enumerate(points.T):
        levels[:, i] = np.unique(column, return_inverse=True)[1]
    return levels


def _undominated(levels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return `(n,)` which of `(n, k)` levels no other dominates."""
    kept = np.zeros(len(levels), dtype=bool)
    if levels.shape[1] == 2:
        order = np.lexsort((-levels[:, 1], -levels[:, 0]))
        first, second = levels[order].T
        # Better in the first objective are the points before those of equal first objective.
        begins = np.searchsorted(-first, -first, side="left")
        best = np.concatenate([[-1], np.maximum.accumulate(second)])
        group_best = second[begins]  # the first of a group of equal first objective has its best second one
        kept[order] = (second > best[begins]) & (second == group_best)
        return kept
    left = np.arange(len(levels))
    while len(left):
        # What has the largest sum among those left is dominated by none of them.
        pivot = left[np.argmax(levels[left].sum(axis=1))]
        kept[left[(levels[left] == levels[pivot]).all(axis=1)]] = True
        left = left[(levels[left] > levels[pivot]).any(axis=1)]
    return kept


def _span(ordered: Numbers) -> float:
    """Return how far apart the finite ones of ordered values are, 1 where that is nothing."""
    finite = ordered[np.isfinite(ordered)]
    return float(finite[-1] - finite[0]) or 1.0 if len(finite) else 1.0
