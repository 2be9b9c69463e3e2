"""WeakNAS for several objectives."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .. import scoring
from ..checks import check_whole
from ..contracts import Past, Predictor, Scores
from ..errors import InvalidOption
from ..pareto import crowding, ranks
from ..spaces import Batch, Floats
from .acquisition import top
from .guided import LARGE_POOL, Guided
from .tradeoff import Tradeoff

__all__ = ["WeakPareto"]


@dataclass(eq=False, repr=False)
class WeakPareto(Tradeoff, Guided):
    """A sequence of weak predictors that are trusted to point at a better trade-off.

    As `weaknas`, but what is predicted is a point for each architecture: its scores, each by a predictor of its own,
    and its costs, which are known. The unseen candidates are ordered by fronts (those that no other candidate is
    predicted to dominate come first) and within a front by crowding distance (Deb et al., IEEE TEC 2002), and the next
    batch is drawn uniformly from the first `pool` of them. This is our extension of WeakNAS (Wu et al., NeurIPS 2021),
    which has a single objective. `front` gives the trade-off found.

    Args:
        space: the architectures to choose from; it must know the costs.
        costs: what is free to know and is to be small, such as `macs`, `params` or `latency_ms_pixel3`.
        objectives: how many scores are told of an architecture, each to be large: with 2, `tell` takes `(n, 2)`.
        pool: how many of the first candidates a batch is drawn from.

    The others are those of `Guided`.

    Raises:
        InvalidOption: an option outside its range, fewer than two objectives, a cost that the space does not know,
            or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "weaknas-pareto"

    _: KW_ONLY
    initial: int = 20
    explore: float = 0.1
    candidates: int | Literal["all"] = LARGE_POOL
    costs: Sequence[str] = ("macs",)
    objectives: int = 1
    pool: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("pool", self.pool, 1)
        self._trade(self.costs, self.objectives)

    def inform(self, past: Sequence[Past]) -> None:
        """Be informed of one objective, in trade for costs.

        Raises:
            InvalidOption: the strategy has several objectives.
        """
        if self.objectives > 1:
            raise InvalidOption(f"a prior is for one objective, and the strategy {self.name} has {self.objectives}.")
        super().inform(past)

    def _parents(self) -> Batch:
        rank = ranks(self._points(self._memory.batch, self._memory.scores), enough=1)
        parents: Batch = self._memory.batch[rank == rank.min()]  # the front; where no cost is known, all
        return parents

    def _judge(
        self, predictors: Sequence[Predictor], features: Floats, batch: Batch, ids: NDArray[np.int64] | None
    ) -> tuple[Scores, None]:
        """Return the negated index of each candidate in the order of fronts and crowding, and no deviations."""
        predicted = np.stack([scoring.predict(one, features, self.jobs) for one in predictors], axis=1)
        position = np.full(len(batch), float(len(batch)))
        unseen = self._memory.is_new(ids)
        points = self._points(batch[unseen], predicted[unseen])
        rank = ranks(points, enough=2 * self.pool)
        distance = np.zeros(len(points))
        for level in range(rank.max(initial=-1) + 1):
            distance[rank == level] = crowding(points[rank == level])
        order = np.lexsort((-distance, rank))
        position[np.flatnonzero(unseen)[order]] = np.arange(len(order))
        return -position, None

    def _select(self, n: int) -> Batch:
        assert self._ranking is not None
        left = np.flatnonzero(self._unseen())
        pool = left[top(self._ranking.mean[left], max(self.pool, n))]
        drawn: NDArray[np.intp] = self.rng.choice(pool, min(n, len(pool)), replace=False)
        return self._rows(drawn)
