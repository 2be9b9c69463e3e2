"""Few rows that say all that a distribution has to know of the many rows of a list."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..spaces import Batch

__all__ = ["representatives"]


def representatives(rows: Batch, columns: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return rows that have between them all that any row has in a group of columns.

    Args:
        rows: `(n, d)` numbers from -1.
        columns: those of each of g groups.

    Returns:
        `(r,)` numbers of rows, and `(n, g)` which of these, counted from 0, has the same in a group as a row.
    """
    sizes = rows.max(axis=0, initial=0).astype(np.int64) + 2
    firsts = np.empty((len(rows), len(columns)), dtype=np.int64)
    for group, own in enumerate(columns):
        codes = np.ravel_multi_index(tuple((rows[:, own] + 1).T), tuple(sizes[own]))
        _, first, back = np.unique(codes, return_index=True, return_inverse=True)
        firsts[:, group] = first[back]
    found, like = np.unique(firsts, return_inverse=True)
    return found, like.reshape(firsts.shape).astype(np.int32)
