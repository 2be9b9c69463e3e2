"""The rows of a list that differ from a row in the fewest choices."""

import numpy as np
from numpy.typing import NDArray

from .arrays import Batch, Index

__all__ = ["nearest"]

_AT_ONCE = 4_000_000  # distances, of a byte each


def nearest(rows: Batch, wanted: Batch, n: int, without: Index | None = None) -> Index:
    """Return the `(m, n)` numbers of the rows nearest to each wanted one by Hamming distance, of equals the first.

    Args:
        rows: the list.
        wanted: `(m, d)` rows, of the list or not.
        n: how many; no more than there are, one less with `without`.
        without: for each wanted row the number of one that does not count, such as its own.
    """
    columns = np.ascontiguousarray(rows.T)
    block = max(1, _AT_ONCE // len(rows))
    found = np.empty((len(wanted), n), dtype=np.intp)
    for start in range(0, len(wanted), block):
        here = slice(start, start + block)
        distance = _distances(columns, wanted[here])
        if without is not None:
            distance[np.arange(len(distance)), without[here]] = np.iinfo(distance.dtype).max
        found[here] = _smallest(distance, n)
    return found


def _distances(columns: Batch, wanted: Batch) -> NDArray[np.unsignedinteger]:
    """Return in how many choices each of `(m, d)` rows differs from each of the `(d, n)` columns' rows."""
    smallest = np.uint8 if len(columns) < 255 else np.uint32
    distance = np.zeros((len(wanted), columns.shape[1]), dtype=smallest)
    for column, values in zip(columns, wanted.T, strict=True):
        distance += column != values[:, None]
    return distance


def _smallest(distance: NDArray[np.unsignedinteger], n: int) -> Index:
    """Return the places of the `n` smallest numbers of each row, in order, the first of equals first."""
    bound = np.partition(distance, n - 1, axis=1)[:, n - 1, None]
    row, place = np.nonzero(distance <= bound)
    order = np.lexsort((place, distance[row, place], row))
    first = np.searchsorted(row, np.arange(len(distance)))
    smallest: Index = place[order[first[:, None] + np.arange(n)]]
    return smallest
