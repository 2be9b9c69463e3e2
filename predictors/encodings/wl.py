"""The encoding `wl`: which of the common subtrees of a space's cells a cell has."""

from typing import ClassVar

import numpy as np

from weaknas.spaces import Batch, Floats, Space
from weaknas.spaces.encodes import truncate
from weaknas.spaces.graphs import Graphs

from ..shared.subtrees import Subtrees

__all__ = ["WLEncoder"]

_SAMPLE = 10_000
_MIN_SHARE = 0.02  # a subtree is common if at least this share of the sampled cells has it


class WLEncoder:
    """Presence of the Weisfeiler-Lehman subtrees of depth 1 (Shervashidze et al., JMLR 2011).

    A subtree is a vertex's kind with the kinds of all vertices that its edges lead to, or of all whose edges lead to
    it. The common ones are found in 10,000 random cells, always the same, without any score: 116 subtrees of
    NAS-Bench-101 and 72 of NAS-Bench-201, the most common first (`wl:20` keeps 20). Presence in place of the usual
    counts, so that models that treat binary columns alike do so here.

    Args:
        space: a space with the encoding `graph`.
    """

    needs: ClassVar[tuple[str, ...]] = ("graph",)
    version: ClassVar = 1  # goes up when the features change: they are kept on disk

    def __init__(self, space: Space) -> None:
        self._space = space
        graphs = self._graphs(space.sample(_SAMPLE, np.random.default_rng(0)))
        self._subtrees = Subtrees(graphs, depth=1)
        share = (self._subtrees(graphs) > 0).sum(axis=0) / _SAMPLE
        informative = (self._subtrees.shape > 0) & (share >= _MIN_SHARE) & (share < 1)
        order = np.argsort(-share, kind="stable")
        self._columns = order[informative[order]]

    def __call__(self, batch: Batch, argument: str = "", /) -> Floats:
        """Return `(n, f)` bits."""
        present = (self._subtrees(self._graphs(batch)) > 0)[:, self._columns]
        return truncate(present.toarray().astype(np.float32), argument, "wl")

    def _graphs(self, batch: Batch) -> Graphs:
        return Graphs.unflatten(self._space.encode(batch, "graph"))
