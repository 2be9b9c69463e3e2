"""The graph encoding: cells as graphs in plain columns, so that a graph network is a regressor like any other."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InvalidOption
from .arrays import Floats

__all__ = ["Graphs"]


class Graphs(NamedTuple):
    """A batch of directed acyclic graphs, vertices in topological order, input first and output last.

    Attributes:
        adjacency: `(n, v, v)`, the number of edges that lead from the row's vertex to the column's, usually 0 or 1;
            upper triangular.
        kinds: `(n, v, k)`, one-hot kind of each vertex; all zero for a vertex that a smaller graph does not have.
    """

    adjacency: Floats
    kinds: Floats

    def pruned(self) -> "Graphs":
        """Return the graphs without the vertices that lie on no path from the first vertex to the last."""
        edges = self.adjacency > 0
        reached = np.zeros(edges.shape[:2], dtype=bool)
        needed = np.zeros_like(reached)
        reached[:, 0] = needed[:, -1] = True
        for vertex in range(1, edges.shape[1]):
            reached[:, vertex] = (reached & edges[:, :, vertex]).any(1)
            needed[:, -1 - vertex] = (needed & edges[:, -1 - vertex]).any(1)
        alive = reached & needed
        adjacency = self.adjacency * alive[:, :, None] * alive[:, None, :]
        alive[:, [0, -1]] = True
        return Graphs(adjacency, self.kinds * alive[:, :, None])

    def flatten(self) -> Floats:
        """Return `(n, 2 + v*v + v*k)` features: the numbers v of vertices and k of kinds, the adjacency, the kinds."""
        n, *sizes = self.kinds.shape
        parts = [np.broadcast_to(sizes, (n, 2)), self.adjacency.reshape(n, -1), self.kinds.reshape(n, -1)]
        return np.concatenate(parts, axis=1, dtype=np.float32)

    @classmethod
    def unflatten(cls, features: ArrayLike) -> "Graphs":
        """Return the graphs of `(n, f)` features in the encoding `graph`.

        Raises:
            InvalidOption: the features are in another encoding.
        """
        graphs, rest = cls.split(features)
        if rest.shape[1]:
            raise InvalidOption(f"{rest.shape[1]} columns follow the graphs; use encoding='graph' alone.")
        return graphs

    @classmethod
    def split(cls, features: ArrayLike) -> tuple["Graphs", Floats]:
        """Return the graphs of `(n, f)` features in an encoding `graph+...`, and the `(n, r)` columns after them.

        Raises:
            InvalidOption: the features do not begin with graphs.
        """
        flat = np.asarray(features, dtype=np.float32)
        n, columns = flat.shape if flat.ndim == 2 else (0, 0)
        sizes = flat[0, :2].tolist() if n and columns > 1 else [0, 0]
        vertices, kinds = (int(size) if 0 < size <= columns else 0 for size in sizes)
        edges = 2 + vertices**2
        end = edges + vertices * kinds
        if vertices < 2 or kinds < 1 or end > columns or (flat[:, :2] != (vertices, kinds)).any():
            raise InvalidOption(
                f"{columns} columns are no graphs; use encoding='graph', which cell spaces such as nasbench201 have."
            )
        adjacency = flat[:, 2:edges].reshape(n, vertices, vertices)
        return cls(adjacency, flat[:, edges:end].reshape(n, vertices, kinds)), flat[:, end:]
