"""WeakNAS for several objectives."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .. import scoring
from ..contracts import Predictor, Scores
from ..spaces import Batch, Floats, Space
from .acquisition import top
from .checks import check_whole
from .guided import LARGE_POOL, Guided, Predictors
from .pareto import crowding, ranks
from .tradeoff import Tradeoff

__all__ = ["WeakPareto"]


class WeakPareto(Tradeoff, Guided):
    """A sequence of weak predictors that are trusted to point at a better trade-off.

    As `weaknas`, but what is predicted is a point for each architecture: its scores, each by a predictor of its own,
    and its costs, which are known. The unseen candidates are ordered by fronts (those that no other candidate is
    predicted to dominate come first) and within a front by crowding distance (Deb et al., IEEE TEC 2002), and the next
    batch is drawn uniformly from the first `pool` of them. This is our extension of WeakNAS (Wu et al., NeurIPS 2021),
    which has a single objective. `front` gives the trade-off found.

    Args:
        space: the architectures to choose from; it must know the costs.
        predictor: as in `Guided`, as are the following but for those of this strategy.
        costs: what is free to know and is to be small, such as `macs`, `params` or `latency_ms_pixel3`.
        objectives: how many scores are told of an architecture, each to be large: with 2, `tell` takes `(n, 2)`.
        initial: random architectures at the start.
        batch: architectures per round.
        pool: how many of the first candidates a batch is drawn from.
        explore: share of each batch drawn uniformly from the whole space.
        encoding: features for the predictor; if None, the predictor's choice or the space's default.
        candidates: how many architectures to score each round (a space of no more is scored whole), or `all` of a
            space of up to a million.
        jobs: threads that score the space; they do not change the result.
        seed: seed of all random choices, the predictors' included.

    Raises:
        InvalidOption: an option outside its range, fewer than two objectives, a cost that the space does not know,
            or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "weaknas-pareto"

    def __init__(
        self,
        space: Space,
        predictor: Predictors = "mlp",
        *,
        costs: Sequence[str] = ("macs",),
        objectives: int = 1,
        initial: int = 20,
        batch: int = 10,
        pool: int = 50,
        explore: float = 0.1,
        encoding: str | None = None,
        candidates: int | Literal["all"] = LARGE_POOL,
        jobs: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__(
            space,
            predictor,
            initial=initial,
            batch=batch,
            explore=explore,
            encoding=encoding,
            candidates=candidates,
            jobs=jobs,
            seed=seed,
        )
        check_whole("pool", pool, 1)
        self.pool = pool
        self._trade(costs, objectives)

    def _parents(self) -> Batch:
        rank = ranks(self._points(self._memory.batch, self._memory.scores), enough=1)
        parents: Batch = self._memory.batch[rank == rank.min()]  # the front; where no cost is known, all
        return parents

    def _judge(
        self, predictors: Sequence[Predictor], features: Floats, batch: Batch, ids: NDArray[np.int64] | None
    ) -> tuple[Scores, None]:
        """Return the negated place of each candidate in the order of fronts and crowding, and no deviations."""
        predicted = np.stack([scoring.predict(one, features, self.jobs) for one in predictors], axis=1)
        place = np.full(len(batch), float(len(batch)))
        unseen = self._new(ids)
        points = self._points(batch[unseen], predicted[unseen])
        rank = ranks(points, enough=2 * self.pool)
        distance = np.zeros(len(points))
        for level in range(rank.max(initial=-1) + 1):
            distance[rank == level] = crowding(points[rank == level])
        order = np.lexsort((-distance, rank))
        place[np.flatnonzero(unseen)[order]] = np.arange(len(order))
        return -place, None

    def _select(self, n: int) -> Batch:
        assert self._ranking is not None
        left = np.flatnonzero(self._unseen())
        pool = left[top(self._ranking.mean[left], max(self.pool, n))]
        drawn: NDArray[np.intp] = self.rng.choice(pool, min(n, len(pool)), replace=False)
        return self._rows(drawn)
