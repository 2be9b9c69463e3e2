"""WeakNAS: a sequence of weak predictors."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidOption
from ..spaces import Batch, Space
from .acquisition import ACQUISITIONS, top
from .checks import check_number, check_one_of, check_whole
from .guided import LARGE_POOL, Guided, Predictors

__all__ = ["WeakNAS"]

_DECAY = 0.96  # of the published schedule of the pool


class WeakNAS(Guided):
    """A sequence of weak predictors (Wu et al., NeurIPS 2021).

    Random architectures first. Then, round after round, a fresh predictor is fitted to everything evaluated so
    far and scores the space; the next batch is drawn uniformly from the `pool` best-predicted architectures
    that are not evaluated yet. If the pool holds too few of them, the best-predicted ones outside it follow.

    As published: `WeakNAS(space, predictor=weaknas.predictor("mlp", hidden=(1000,) * 4), pool=100, explore=0,
    candidates="all")` with 10 + 10 per round on NAS-Bench-201 and 100 + 10 on NAS-Bench-101. Differences from the
    released code: scores are standardised with what was evaluated, never with the whole table; `explore`, which the
    paper does not have, draws a share of each batch uniformly from the whole space, so that a search cannot get stuck
    in one region; of a space of more than `candidates` architectures a round scores so many, half of them random and
    half mutants and children of the best so far; expected improvement has the right sign; every architecture that is
    looked at is asked for, and counted. The default predictor is a Gaussian process on the ranks of the scores.

    Args:
        space: the architectures to choose from.
        predictor: a predictor or the name of one; refitted from scratch each round. Several take turns; a committee
            is one predictor, `ensemble`.
        initial: random architectures at the start.
        batch: architectures per round.
        pool: how many of the best-predicted architectures a batch is drawn from; `(start, end)` shrinks it over
            `pool_rounds` rounds on the published geometric schedule.
        pool_rounds: rounds until the pool has reached its end.
        acquisition: `uniform` draws from the pool; `mean`, `ei`, `ucb` and `thompson` take the best by that measure,
            the last three with a predictor that has an uncertainty (`gp`, `random-forest`, `ensemble:mlp`, ...).
        spread: factor of the predictor's deviations in `ei`, `ucb` and `thompson`.
        keep: fit to `all` evaluated architectures, or only to those in the last pool (`top`, a published variant).
        explore: share of each batch, 0 to 1, drawn uniformly from the whole space.
        encoding: features for the predictor; if None, the predictor's choice or the space's default.
        candidates: how many architectures to score each round (a space of no more is scored whole), or `all` of a
            space of up to a million.
        jobs: threads that score the space; they do not change the result.
        seed: seed of all random choices, the predictors' included.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "weaknas"

    def __init__(
        self,
        space: Space,
        predictor: Predictors = "rank-transform:gp",
        *,
        initial: int = 10,
        batch: int = 10,
        pool: int | tuple[int, int] = 20,
        pool_rounds: int = 100,
        acquisition: Literal["uniform", "mean", "ei", "ucb", "thompson"] = "uniform",
        spread: float = 1.0,
        keep: Literal["all", "top"] = "all",
        explore: float = 0.3,
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
        check_whole("pool_rounds", pool_rounds, 1)
        if isinstance(pool, tuple) and len(pool) != 2:
            raise InvalidOption(f"pool is a whole number, or two of them, (start, end), not {pool!r}.")
        for size in pool if isinstance(pool, tuple) else (pool,):
            check_whole("pool", size, 1)
        check_one_of("acquisition", acquisition, ("uniform", *ACQUISITIONS))
        check_one_of("keep", keep, ("all", "top"))
        check_number("spread", spread, "a factor from 0", 0)
        self.pool = pool
        self.pool_rounds = pool_rounds
        self.acquisition = acquisition
        self.spread = spread
        self.keep = keep

    def _select(self, n: int) -> Batch:
        if self.acquisition != "uniform":
            return super()._select(n)
        assert self._ranking is not None
        pool = top(self._ranking.mean, self._pool_size())
        pool = pool[self._unseen()[pool]]
        if len(pool) >= n:
            return self._rows(self.rng.choice(pool, n, replace=False))
        # Published: where the pool runs dry, the best of all that is left, in order of prediction.
        return self._best(n)

    def _training(self) -> NDArray[np.bool_]:
        every = super()._training()
        if self.keep == "all" or self._ranking is None:
            return every
        best = top(self._ranking.mean, self._pool_size())
        kept = np.isin(self._memory.ids, best if self._ranking.ids is None else self._ranking.ids[best])
        return kept if kept.sum() >= 2 else every

    def _pool_size(self) -> int:
        if not isinstance(self.pool, tuple):
            return self.pool
        start, end = self.pool
        low, high = _DECAY**99, 1.0
        place = min((self._rounds - 1) / max(self.pool_rounds - 1, 1), 1.0)
        return int(end + (start - end) * (_DECAY ** (99 * place) - low) / (high - low))
