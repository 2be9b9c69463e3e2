"""LaNAS: a tree of learned splits, and bandits that walk it."""

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import scoring
from ..checks import check_number, check_whole
from ..contracts import Predictor, Scores
from ..spaces import Batch
from ..spaces.arrays import Index
from .guided import Guided

__all__ = ["LaNAS"]


@dataclass(slots=True)
class Node:
    """A part of the space.

    Attributes:
        known: `(n,)` which of the known architectures are in it.
        members: `(m,)` the indices of its candidates in the ranking.
        level: 1 at the root.
        value: mean score of what is known in it.
        visits: how many are known in it, or were asked for since the tree was grown.
        halves: the good and the bad half; empty in a leaf, None until a walk comes by.
    """

    known: NDArray[np.intp]
    members: NDArray[np.intp]
    level: int
    value: float
    visits: int
    halves: "list[Node] | None" = None

    def bound(self, visits: int, weight: float) -> float:
        """Return its upper confidence bound, after so many visits to the node that it is a half of."""
        return self.value + 2 * weight * float(np.sqrt(2 * np.log(visits) / self.visits))


@dataclass(eq=False, repr=False)
class LaNAS(Guided):
    """LaNAS (Wang et al., TPAMI 2021): learned splits of the space into good and bad halves, walked by bandits.

    Each round a binary tree is grown over everything evaluated: a predictor is fitted to what is known in a node and
    splits it where it predicts the node's mean score, until a node is `depth` deep or would leave a half with fewer
    than `leaf` known architectures. Each architecture of the batch is then drawn uniformly from a leaf: from the root
    down, the half of the larger mean + 2 cp sqrt(2 ln N / n) is taken, of N visits to the node and n to the half
    (section 3.2). A leaf without new architectures is passed over.

    Defaults are those of the released code on NAS-Bench-101: 10 random architectures, then 20 from each tree of 5
    levels. Differences: the splits are ridge regressions in closed form on the features that `ridge` likes best
    (paths, subtrees and counts besides edges and operations), not steps of Adam towards least squares on edges and
    operations; what is known is split by its prediction, as the space is, not by its own score; `cp` is in standard
    deviations of the known scores, so that it means the same on every benchmark; a visit counts at once, its score
    when it is told and the tree is grown anew.

    Finite spaces are split whole; of others, 20,000 candidates, half of them random and half mutants and children of
    the best so far.

    Args:
        predictor: a predictor or the name of one, which splits the nodes; several take turns, one a round.
        batch: architectures from each tree.
        depth: levels of the tree, its root included.
        leaf: fewest known architectures in a half.
        cp: weight of exploration; at 0 the half with the better mean is always taken.
        candidates: how many architectures to split each round, or `all` of a finite space.

    The others are those of `Guided`, without `explore`.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "lanas"
    default_predictors: ClassVar = ("ridge",)
    _: KW_ONLY
    batch: int = 20
    explore: float = field(default=0.0, init=False)
    depth: int = 5
    leaf: int = 2
    cp: float = 0.3

    def __post_init__(self) -> None:
        check_whole("depth", self.depth, 2)
        check_whole("leaf", self.leaf, 1)
        check_number("cp", self.cp, "a weight from 0", 0)
        super().__post_init__()
        self._root: Node | None = None

    def _rank(self) -> None:
        """Start a new tree; the predictor at its root ranks the candidates."""
        self._rounds += 1
        everything = np.arange(len(self._memory.scores))
        (predictor,), encoding = self._fitted(everything)
        self._ranking = self._ranked([predictor], encoding)
        self._root = self._node(everything, np.arange(len(self._ranking.mean)), level=1)
        self._root.halves = []
        self._split(self._root, predictor, encoding, self._ranking.mean)
        self._stale = False

    def _training_data(self, use: Index | NDArray[np.bool_]) -> tuple[Batch, NDArray[np.int64], Scores]:
        """Return what is known and nothing of what is evaluated elsewhere: it may be in another part of the tree."""
        return self._memory.batch[use], self._memory.ids[use], self._memory.scores[use]

    def _halves(self, node: Node) -> list[Node]:
        """Return the halves of a node, which is split the first time that a walk comes by."""
        assert self._ranking is not None
        if node.halves is None:
            node.halves = []
            if node.level < self.depth and len(node.known) >= 2 * self.leaf:
                (predictor,), encoding = self._fitted(node.known)
                ids = node.members if self._ranking.ids is None else self._ranking.ids[node.members]
                features = self._features(self._rows(node.members), ids, encoding)
                self._split(node, predictor, encoding, scoring.predict(predictor, features, self.jobs))
        return node.halves

    def _split(self, node: Node, predictor: Predictor, encoding: str, scores: Scores) -> None:
        """Split a node where a predictor, fitted to what is known in it, predicts the mean.

        Args:
            node: it becomes a leaf if a half would have fewer than `leaf` known architectures.
            predictor: the fitted predictor.
            encoding: its features.
            scores: `(m,)` what it predicts for the members.
        """
        memory = self._memory
        features = self._features(memory.batch[node.known], memory.ids[node.known], encoding)
        predicted = scoring.predict(predictor, features)
        boundary = predicted.mean()
        good, better = predicted >= boundary, scores >= boundary
        if min(good.sum(), (~good).sum()) >= self.leaf:
            sides = ((node.known[good], node.members[better]), (node.known[~good], node.members[~better]))
            node.halves = [self._node(known, members, node.level + 1) for known, members in sides]

    def _node(self, known: NDArray[np.intp], members: NDArray[np.intp], level: int) -> Node:
        return Node(known, members, level, float(self._memory.scores[known].mean()), len(known))

    def _select(self, n: int) -> Batch:
        """Return `n` architectures, each drawn from the leaf where a walk ends."""
        assert self._root is not None
        new, weight = self._unseen(), self.cp * float(self._memory.scores.std())
        picked: list[int] = []
        while len(picked) < n and (index := self._walk(self._root, new, weight)) is not None:
            new[index] = False
            picked.append(index)
        return self._rows(np.array(picked, dtype=np.intp))

    def _walk(self, node: Node, new: NDArray[np.bool_], weight: float) -> int | None:
        """Count a visit and return the index of a new candidate in a node; None where there is none."""
        if halves := self._halves(node):
            best_first = sorted(halves, key=lambda half: half.bound(node.visits, weight), reverse=True)
            found = (self._walk(half, new, weight) for half in best_first)
            index = next((index for index in found if index is not None), None)
        else:
            left = node.members[new[node.members]]
            index = int(self.rng.choice(left)) if len(left) else None
        node.visits += index is not None
        return index
