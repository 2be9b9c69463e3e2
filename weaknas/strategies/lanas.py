"""LaNAS: a tree of learned splits, and bandits that walk it."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .. import scoring
from ..contracts import Predictor, Scores
from ..errors import InvalidOption
from ..spaces import Batch, Space
from .guided import Guided, Predictors, check_whole

__all__ = ["LaNAS"]


@dataclass(slots=True)
class Node:
    """A part of the space; an inner one has two halves, the good one first.

    Attributes:
        value: mean score of what is known in it.
        visits: how many are known in it, or were asked for since the tree was grown.
        members: the places of its candidates in the ranking; None where they are not worked out yet.
        predictor: what splits it.
        encoding: the predictor's features.
        boundary: the predicted score from which a candidate is in the good half.
        halves: none in a leaf.
    """

    value: float
    visits: int
    members: NDArray[np.intp] | None = None
    predictor: Predictor | None = None
    encoding: str = ""
    boundary: float = 0.0
    halves: list["Node"] = field(default_factory=list)

    def bound(self, visits: int, weight: float) -> float:
        """Return its upper confidence bound, after so many visits to the node that it is a half of."""
        return self.value + 2 * weight * float(np.sqrt(2 * np.log(visits) / self.visits))

    def share(self, predicted: Scores) -> None:
        """Give the candidates to the halves by their `(members,)` predicted scores."""
        assert self.members is not None
        for half, good in zip(self.halves, (True, False), strict=False):
            half.members = self.members[(predicted >= self.boundary) == good]


class LaNAS(Guided):
    """LaNAS (Wang et al., TPAMI 2021): learned splits of the space into good and bad halves, walked by bandits.

    Each round a binary tree is grown over everything evaluated: a predictor is fitted to what is known in a node and
    splits it where it predicts the node's mean score, until a node is `depth` deep or would leave a half with fewer
    than `leaf` known architectures. Each architecture of the batch is then drawn uniformly from a leaf: from the root
    down, the half of the larger mean + 2 cp sqrt(2 ln N / n) is taken, of N visits to the node and n to the half
    (section 3.2). A leaf without new architectures is passed over.

    Defaults are those of the released code on NAS-Bench-101: 10 random architectures, then 20 from each tree of 5
    levels. Differences: the splits are least squares in closed form on Weisfeiler-Lehman subtrees (elsewhere on what
    the predictor prefers), not Adam's on edges and operations; what is known is split by its prediction, as the
    space is, not by its own score; `cp` is in standard deviations of the known scores, so that it means the same on
    every benchmark; a visit counts at once, its score when it is told and the tree is grown anew. With fewer than two
    scores, it draws at random.

    Finite spaces are split whole; of others, 20,000 candidates, half of them random and half mutants and children of
    the best so far.

    Args:
        space: the architectures to choose from.
        predictor: a predictor or the name of one, which splits the nodes; several take turns, one a round.
        initial: random architectures at the start.
        batch: architectures from each tree.
        depth: levels of the tree, its root included.
        leaf: fewest known architectures in a half.
        cp: weight of exploration; at 0 the half with the better mean is always taken.
        encoding: features for the predictor; if None, `wl` where the space has it, else the predictor's choice.
        candidates: how many architectures to split each round, or `all` of a finite space.
        jobs: threads that score; they do not change the result.
        seed: seed of all random choices, the predictor's included.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "lanas"
    defaults: ClassVar = {**Guided.defaults, "predictor": ("ridge",)}

    def __init__(
        self,
        space: Space,
        predictor: Predictors | None = None,
        *,
        initial: int = 10,
        batch: int = 20,
        depth: int = 5,
        leaf: int = 2,
        cp: float = 0.3,
        encoding: str | None = None,
        candidates: int | Literal["all"] = "all",
        jobs: int = 1,
        seed: int = 0,
    ) -> None:
        check_whole("depth", depth, 2)
        check_whole("leaf", leaf, 1)
        if not cp >= 0:
            raise InvalidOption(f"cp is a weight from 0, not {cp!r}.")
        if encoding is None and predictor is None and space.has_encoding("wl"):
            encoding = "wl"
        super().__init__(
            space,
            predictor,
            initial=initial,
            batch=batch,
            encoding=encoding,
            candidates=candidates,
            jobs=jobs,
            seed=seed,
        )
        self.depth = depth
        self.leaf = leaf
        self.cp = cp
        self._root: Node | None = None

    def _rank(self) -> None:
        """Grow the tree anew; the predictor at its root ranks the candidates."""
        known = np.arange(len(self._memory.scores))
        self._root = root = self._grow(known, level=1)
        assert root.predictor is not None
        self._ranking = self._ranked([root.predictor], root.encoding)
        root.members = np.arange(len(self._ranking.mean))
        root.share(self._ranking.mean)
        self._rounds += 1
        self._stale = False

    def _grow(self, known: NDArray[np.intp], level: int) -> Node:
        """Return the node that holds `(n,)` of what is known, with all that is below it."""
        memory = self._memory
        node = Node(float(memory.scores[known].mean()), len(known))
        if level > 1 and (level == self.depth or len(known) < 2 * self.leaf):
            return node
        (node.predictor,), node.encoding = self._fitted(known)
        features = self._features(memory.batch[known], memory.ids[known], node.encoding)
        predicted = scoring.predict(node.predictor, features)
        node.boundary = float(predicted.mean())
        good = predicted >= node.boundary
        if min(good.sum(), (~good).sum()) >= self.leaf:
            node.halves = [self._grow(known[half], level + 1) for half in (good, ~good)]
        return node

    def _select(self, n: int) -> Batch:
        """Return `n` architectures, each drawn from the leaf where a walk ends."""
        assert self._root is not None
        new, weight = self._unseen(), self.cp * float(self._memory.scores.std())
        picked: list[int] = []
        while len(picked) < n and (place := self._walk(self._root, new, weight)) is not None:
            new[place] = False
            picked.append(place)
        return self._rows(np.array(picked, dtype=np.intp))

    def _walk(self, node: Node, new: NDArray[np.bool_], weight: float) -> int | None:
        """Count a visit and return the place of a new candidate below a node; None where there is none."""
        assert node.members is not None
        if node.halves:
            self._divide(node)
            halves = sorted(node.halves, key=lambda half: half.bound(node.visits, weight), reverse=True)
            found = (self._walk(half, new, weight) for half in halves)
            place = next((place for place in found if place is not None), None)
        else:
            left = node.members[new[node.members]]
            place = int(self.rng.choice(left)) if len(left) else None
        node.visits += place is not None
        return place

    def _divide(self, node: Node) -> None:
        """Send a node's candidates to its halves, the first time that a walk gets there."""
        assert self._ranking is not None
        if node.halves[0].members is None:
            assert node.predictor is not None
            assert node.members is not None
            ids = node.members if self._ranking.ids is None else self._ranking.ids[node.members]
            features = self._features(self._rows(node.members), ids, node.encoding)
            node.share(scoring.predict(node.predictor, features, self.jobs))
