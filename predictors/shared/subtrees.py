"""Weisfeiler-Lehman subtree features of graphs (Shervashidze et al., JMLR 2011)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from weaknas.spaces.arrays import mix64
from weaknas.spaces.graphs import Graphs

__all__ = ["Subtrees"]

VertexLabels = NDArray[np.uint64]  # (m, v), 0 where there is no vertex


class Subtrees:
    """Counts the subtrees of several shapes, among those that the training graphs have.

    The label of depth 0 of a vertex is its kind; that of depth h + 1 stands for its label of depth h and those of
    the vertices that its edges lead to, in any order. The same is done against the edges, so that there are
    2 * depth + 1 shapes of subtrees. (64-bit hashes take the place of a dictionary of labels.)

    Attributes:
        shape: `(f,)` number of the shape that each column counts. The last column of a shape counts the
            subtrees that the training graphs do not have.
    """

    def __init__(self, graphs: Graphs, depth: int) -> None:
        self._depth = depth
        self._known = [np.unique(labels[labels > 0]) for labels in _labels(graphs, depth)]
        sizes = [len(known) + 1 for known in self._known]
        self._starts = np.cumsum([0, *sizes[:-1]])
        self.shape = np.repeat(np.arange(len(sizes)), sizes)

    def __call__(self, graphs: Graphs) -> Any:
        """Return `(m, f)` counts as a sparse array."""
        labels = _labels(graphs, self._depth)
        columns = np.concatenate([self._columns(*each) for each in enumerate(labels)], axis=1)
        present = np.concatenate([each > 0 for each in labels], axis=1)
        offsets = np.concatenate([[0], present.sum(axis=1).cumsum()])
        ones = np.ones(offsets[-1], dtype=np.float32)
        counts = csr_array((ones, columns[present], offsets), shape=(len(present), len(self.shape)))
        counts.sum_duplicates()
        return counts

    def _columns(self, shape: int, labels: VertexLabels) -> NDArray[np.intp]:
        """Return the column of each label."""
        known = self._known[shape]
        index = known.searchsorted(labels)
        unknown = known[np.minimum(index, len(known) - 1)] != labels
        columns: NDArray[np.intp] = self._starts[shape] + np.where(unknown, len(known), index)
        return columns


def _labels(graphs: Graphs, depth: int) -> list[VertexLabels]:
    """Return the labels of each shape."""
    numbers = np.arange(1, graphs.kinds.shape[2] + 1, dtype=np.float32)
    kinds = mix64((graphs.kinds @ numbers).astype(np.uint64))  # which leaves 0 as it is
    labels = [kinds]
    for edges in (graphs.adjacency, graphs.adjacency.transpose(0, 2, 1)):
        label = kinds
        for _ in range(depth):
            neighbours = (edges.astype(np.uint64) @ mix64(label + np.uint64(11))[:, :, None])[:, :, 0]
            label = np.where(kinds > 0, mix64(label * np.uint64(7) + mix64(neighbours) * np.uint64(5)), kinds)
            labels.append(label)
    return labels
