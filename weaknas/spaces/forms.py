"""How a space writes its architectures, and reads them: texts, rows of numbers, graphs, drawings."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import doors
from ..errors import InvalidArchitecture, InvalidOption
from .arrays import Batch
from .diagram import Diagram
from .orders import OWN, Order

__all__ = ["Forms"]


class Forms(ABC):
    """The part of a space that knows other forms of its rows."""

    name: str

    @abstractmethod
    def as_batch(self, batch: ArrayLike) -> Batch:
        """Return `batch` as `(n, d)` int8 with every value within its options."""

    @abstractmethod
    def validate(self, batch: ArrayLike) -> Batch:
        """Return `batch` as `(n, d)` int8 if every row is an architecture of the space."""

    @property
    def orders(self) -> Mapping[str, Order]:
        """How other libraries write rows, by the name of the order."""
        return {}

    @abstractmethod
    def to_str(self, batch: Batch) -> list[str]:
        """Return the text form of each row."""

    @abstractmethod
    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of text forms; a single text is a batch of one.

        Raises:
            InvalidArchitecture: a text is not an architecture of the space.
        """

    def from_indices(self, rows: ArrayLike, order: str = OWN) -> Batch:
        """Return a batch of rows of numbers in a named order: `weaknas`, the space's own, or one in `orders`.

        Raises:
            NotFound: the space does not know the order.
            InvalidArchitecture: a row is not in the space.
        """
        batch = self.as_batch(rows)
        return self.validate(batch if order == OWN else self._order_named(order).read(batch))

    def to_indices(self, batch: ArrayLike, order: str = OWN) -> NDArray[np.int64]:
        """Return `(n, d)` numbers in a named order; see `from_indices`.

        Raises:
            NotFound: the space does not know the order.
            InvalidArchitecture: a row is not in the space.
        """
        rows = self.validate(batch)
        return rows.astype(np.int64) if order == OWN else self._order_named(order).write(rows)

    def _order_named(self, name: str) -> Order:
        if name not in list(self.orders):  # which may be anything, a list too
            raise doors.unknown(f"order of rows of {self.name}", str(name), {OWN, *self.orders})
        return self.orders[name]

    def from_graph(self, matrix: ArrayLike, ops: Iterable[str]) -> Batch:
        """Return the row (a batch of one) of an adjacency matrix and the operations of its vertices.

        Raises:
            InvalidOption: the architectures of the space are not written as such graphs.
            InvalidArchitecture: the graph is not in the space.
        """
        raise InvalidOption(f"{self.name} has no operations on vertices; use from_str, or from_indices for numbers.")

    def to_graph(self, arch: ArrayLike) -> tuple[NDArray[np.int64], list[str]]:
        """Return the adjacency matrix of `arch` (a batch of one), and the operations of its vertices.

        Raises:
            InvalidOption: the architectures of the space are not written as such graphs.
        """
        raise InvalidOption(f"{self.name} has no operations on vertices; use to_str, or to_indices for numbers.")

    def diagrams(self, arch: ArrayLike) -> list[Diagram]:
        """Return the cells of `arch` (a batch of one), as they are drawn.

        Raises:
            InvalidOption: the architectures of the space are not made of cells.
            InvalidArchitecture: it is not in the space, or these are several.
        """
        raise InvalidOption(f"{self.name} has no cells to draw; spaces of cells have, such as nasbench201.")

    def _one(self, arch: ArrayLike) -> Batch:
        """Return a batch of one architecture.

        Raises:
            InvalidArchitecture: it is not in the space, or these are several.
        """
        rows = self.validate(arch)
        if len(rows) != 1:
            raise InvalidArchitecture(f"this takes a batch of one architecture, not of {len(rows)}.")
        return rows
