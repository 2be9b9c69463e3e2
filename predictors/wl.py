"""The encoding `wl`: how often the common subtrees of a space's cells occur in a cell."""

import numpy as np

from weaknas.spaces import Batch, Floats, Space
from weaknas.spaces.base import truncate
from weaknas.spaces.graphs import Graphs

from .shared.subtrees import Subtrees

__all__ = ["WLEncoder"]

_SAMPLE = 10_000
_SHARE = 0.02  # a subtree is common if so many of the sampled cells have it


class WLEncoder:
    """Counts of the Weisfeiler-Lehman subtrees of depth 1 (Shervashidze et al., JMLR 2011): kinds with successors.

    What is common is learned from 10,000 random cells, always the same ones, without any score: 57 subtrees for
    NAS-Bench-101 and 60 for NAS-Bench-201, the most common first (`wl:20` keeps 20).

    Args:
        space: a space with the encoding `graph`.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        graphs = self._graphs(space.sample(_SAMPLE, np.random.default_rng(0)))
        self._subtrees = Subtrees(graphs, depth=1)
        counts = self._subtrees(graphs).toarray()
        share = np.where(self._subtrees.shape == 1, (counts > 0).mean(axis=0), 0.0)
        tells = (share >= _SHARE) & (counts.std(axis=0) > 0)
        order = np.argsort(-share, kind="stable")
        self._columns = order[tells[order]]

    def __call__(self, batch: Batch, argument: str = "", /) -> Floats:
        """Return `(n, f)` counts."""
        counts: Floats = self._subtrees(self._graphs(batch)).toarray()[:, self._columns]
        return truncate(counts, argument, "wl")

    def _graphs(self, batch: Batch) -> Graphs:
        return Graphs.unflatten(self._space.encode(batch, "graph"))
