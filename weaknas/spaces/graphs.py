"""The graph encoding: cells as graphs in plain columns, so that a graph network is a regressor like any other."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidOption
from .base import Floats

__all__ = ["Graphs"]


class Graphs(NamedTuple):
    """A batch of directed acyclic graphs, vertices in topological order, input first and output last.

    Attributes:
        adjacency: `(n, v, v)`, 1 where an edge leads from the row's vertex to the column's; upper triangular.
        kinds: `(n, v, k)`, one-hot kind of each vertex; all zero for a vertex that a smaller graph does not have.
    """

    adjacency: Floats
    kinds: Floats

    def flatten(self) -> Floats:
        """Return `(n, 1 + v*v + v*k)` features: the number of vertices, the adjacency, the kinds."""
        n, vertices, _ = self.kinds.shape
        count = np.full((n, 1), vertices)
        return np.concatenate([count, self.adjacency.reshape(n, -1), self.kinds.reshape(n, -1)], 1, dtype=np.float32)

    @classmethod
    def unflatten(cls, features: ArrayLike) -> "Graphs":
        """Return the graphs of `(n, f)` features in the encoding `graph`.

        Raises:
            InvalidOption: the features are in another encoding.
        """
        flat = np.asarray(features, dtype=np.float32)
        n, columns = flat.shape
        vertices = int(flat[0, 0]) if flat.size else 0
        kinds, rest = divmod(columns - 1 - vertices**2, vertices) if vertices > 1 else (0, 1)
        if rest or kinds < 1 or (flat[:, 0] != vertices).any():
            raise InvalidOption(
                f"{columns} columns are no graphs; use encoding='graph', which cell spaces such as nasbench201 have."
            )
        edges = 1 + vertices**2
        return cls(flat[:, 1:edges].reshape(n, vertices, vertices), flat[:, edges:].reshape(n, vertices, kinds))
