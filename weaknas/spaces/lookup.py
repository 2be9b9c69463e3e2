"""Finding numbers in a list of them."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .arrays import Index, Keys

__all__ = ["Lookup"]


class Lookup:
    """Where each number of a list stands in it.

    Args:
        keys: the list.
    """

    def __init__(self, keys: Keys) -> None:
        self._order = np.argsort(keys).astype(np.int32)
        self._sorted = keys[self._order]

    @cached_property
    def repeated(self) -> int | None:
        """Where a number stands that the list has twice; None where there is none."""
        found = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        return int(self._order[found[0]]) if len(found) else None

    def find(self, wanted: Keys) -> tuple[Index, NDArray[np.bool_]]:
        """Return `(n,)` where the wanted numbers stand, and which are not in the list (whose index means nothing)."""
        index = self._sorted.searchsorted(wanted)
        index[index == len(self._sorted)] = 0
        return self._order[index].astype(np.intp), self._sorted[index] != wanted
