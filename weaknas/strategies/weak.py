"""WeakNAS: a sequence of weak predictors."""

from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..checks import check_number, check_one_of, check_whole
from ..errors import InvalidOption
from ..spaces import Batch
from .acquisition import ACQUISITIONS, top
from .guided import LARGE_POOL, Guided

__all__ = ["WeakNAS"]

_DECAY = 0.96  # of the published schedule of the pool


@dataclass(eq=False, repr=False)
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
        pool: how many of the best-predicted architectures a batch is drawn from; `(start, end)` shrinks it over
            `pool_rounds` rounds on the published geometric schedule.
        pool_rounds: rounds until the pool has reached its end.
        acquisition: `uniform` draws from the pool; `mean`, `ei`, `ucb` and `thompson` take the best by that measure,
            the last three with a predictor that has an uncertainty (`gp`, `random-forest`, `ensemble:mlp`, ...).
        spread: factor of the predictor's deviations in `ei`, `ucb` and `thompson`.
        keep: fit to `all` evaluated architectures, or only to those in the last pool (`top`, a published variant).

    The others are those of `Guided`.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "weaknas"

    default_predictors: ClassVar = ("rank-transform:gp",)
    _: KW_ONLY
    explore: float = 0.3
    candidates: int | Literal["all"] = LARGE_POOL
    pool: int | tuple[int, int] = 20
    pool_rounds: int = 100
    acquisition: Literal["uniform", "mean", "ei", "ucb", "thompson"] = "uniform"
    spread: float = 1.0
    keep: Literal["all", "top"] = "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("pool_rounds", self.pool_rounds, 1)
        if isinstance(self.pool, tuple) and len(self.pool) != 2:
            raise InvalidOption(f"pool is a whole number, or two of them, (start, end), not {self.pool!r}.")
        for size in self.pool if isinstance(self.pool, tuple) else (self.pool,):
            check_whole("pool", size, 1)
        check_one_of("acquisition", self.acquisition, ("uniform", *ACQUISITIONS))
        check_one_of("keep", self.keep, ("all", "top"))
        check_number("spread", self.spread, "a factor from 0", 0)

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
        progress = min((self._rounds - 1) / max(self.pool_rounds - 1, 1), 1.0)
        return int(end + (start - end) * (_DECAY ** (99 * progress) - low) / (high - low))
