"""Which of several points no other point beats in every objective; all objectives are maximised."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["crowding", "front", "ranks"]

Numbers = NDArray[np.float64]


def front(points: Numbers) -> NDArray[np.bool_]:
    """Return `(n,)` which of `(n, k)` points no other point dominates: is as good in all and better in one.

    Equal points do not dominate one another. O(n log n) for two objectives, O(n f) with a front of f points else.
    """
    kept = np.zeros(len(points), dtype=bool)
    if points.shape[1] == 2:
        order = np.lexsort((-points[:, 1], -points[:, 0]))
        first, second = points[order].T
        # Better in the first objective are the points before those of equal first objective.
        begins = np.searchsorted(-first, -first, side="left")
        best = np.concatenate([[-np.inf], np.maximum.accumulate(second)])
        group_best = second[begins]  # the first of a group of equal first objective has its best second one
        kept[order] = (second > best[begins]) & (second == group_best)
        return kept
    left = np.arange(len(points))
    while len(left):
        # What has the largest sum among those left is dominated by none of them.
        pivot = left[np.argmax(points[left].sum(axis=1))]
        kept[left[(points[left] == points[pivot]).all(axis=1)]] = True
        left = left[(points[left] > points[pivot]).any(axis=1)]
    return kept


def ranks(points: Numbers, enough: int | None = None) -> NDArray[np.int64]:
    """Return `(n,)` the front of each point, 0 for the first (Deb et al., 2002, fast non-dominated sorting).

    Args:
        points: `(n, k)`.
        enough: stop when so many points have a rank; the others share the next one.
    """
    rank = np.full(len(points), -1, dtype=np.int64)
    level = 0
    while (left := np.flatnonzero(rank < 0)).size:
        if enough is not None and len(points) - len(left) >= enough:
            rank[left] = level
            break
        rank[left[front(points[left])]] = level
        level += 1
    return rank


def crowding(points: Numbers) -> Numbers:
    """Return `(n,)` the crowding distance of points of one front (Deb et al., 2002, section III.B)."""
    distance = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        span = column[order[-1]] - column[order[0]]
        distance[order[[0, -1]]] = np.inf
        if span > 0:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / span
    return distance
