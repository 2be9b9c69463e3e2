"""How other libraries number the choices of a space and their options."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .arrays import Batch

__all__ = ["OWN", "Order"]

OWN = "weaknas"
"""The name of a space's own order."""


@dataclass(frozen=True)
class Order:
    """One library's rows, which have as many choices and options as the space's own.

    Attributes:
        columns: where each of the space's choices stands in the library's rows.
        options: the space's number of each of the library's options.
    """

    columns: tuple[int, ...]
    options: tuple[int, ...]

    def read(self, rows: Batch) -> Batch:
        """Return the space's rows of the library's."""
        return np.array(self.options, dtype=np.int8)[rows[:, self.columns]]

    def write(self, batch: Batch) -> NDArray[np.int64]:
        """Return the library's rows of the space's."""
        rows = np.empty(batch.shape, dtype=np.int64)
        rows[:, self.columns] = np.argsort(self.options)[batch]
        return rows
