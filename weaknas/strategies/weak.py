"""WeakNAS: a sequence of weak predictors."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import doors, scoring
from ..contracts import Ask, Predictor, Strategy
from ..errors import InvalidOption
from ..spaces import Batch, Space
from ..spaces.base import unique_rows
from .memory import Memory

__all__ = ["WeakNAS"]

_DECAY = 0.96  # of the published schedule of the pool


class WeakNAS(Strategy):
    """A sequence of weak predictors (Wu et al., NeurIPS 2021).

    Random architectures first. Then, round after round, a fresh predictor is fitted to everything evaluated so
    far and scores the whole space; the next batch is drawn uniformly from the `pool` best-predicted architectures
    that are not evaluated yet. If the pool holds too few of them, the best-predicted ones outside it follow.

    As published: `WeakNAS(space, predictor=weaknas.predictor("mlp", hidden=(1000,) * 4), pool=100, explore=0)`
    with 10 + 10 per round on NAS-Bench-201 and 100 + 10 on NAS-Bench-101. Differences from the released code:
    scores are standardised with what was evaluated, never with the whole table; `explore`, which the paper does
    not have, draws a share of each batch uniformly from the whole space, so that a search cannot get stuck in one
    region; every architecture that is looked at is asked for, and counted.

    Spaces of more than a million architectures are not scored whole: each round scores `candidates` random
    ones and mutants of the best so far.

    Args:
        space: the architectures to choose from.
        predictor: a predictor, or the name of one; refitted from scratch each round.
        initial: random architectures at the start.
        batch: architectures per round.
        pool: how many of the best-predicted architectures a batch is drawn from; `(start, end)` shrinks it over
            `pool_rounds` rounds on the published geometric schedule.
        pool_rounds: rounds until the pool has reached its end.
        explore: share of each batch, 0 to 1, drawn uniformly from the whole space.
        encoding: features for the predictor; if None, the predictor's choice or the space's default.
        candidates: how many architectures of a large space are scored each round.
        jobs: threads that score the space; they do not change the result.
        seed: seed of all random choices, the predictors' included.

    Raises:
        InvalidOption: an option outside its range.
        NotFound: no such predictor or encoding.
    """

    name = "weaknas"

    def __init__(
        self,
        space: Space,
        predictor: str | Predictor = "mlp",
        *,
        initial: int = 10,
        batch: int = 10,
        pool: int | tuple[int, int] = 20,
        pool_rounds: int = 100,
        explore: float = 0.3,
        encoding: str | None = None,
        candidates: int = 20_000,
        jobs: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed)
        _check("initial", initial, 2)
        _check("batch", batch, 1)
        _check("pool_rounds", pool_rounds, 1)
        _check("candidates", candidates, 1)
        for size in pool if isinstance(pool, tuple) else (pool,):
            _check("pool", size, 1)
        if not 0 <= explore <= 1:
            raise InvalidOption(f"explore is a share from 0 to 1, not {explore!r}.")
        self.predictor: Any = doors.PREDICTORS.create(predictor) if isinstance(predictor, str) else predictor
        self._predictor_name = predictor if isinstance(predictor, str) else repr(predictor)
        self.initial = initial
        self.batch = batch
        self.pool = pool
        self.pool_rounds = pool_rounds
        self.explore = explore
        self.encoding = encoding or scoring.encoding_of(self.predictor, space)
        self.candidates = candidates
        self.jobs = jobs
        self._memory = Memory(space)
        self._memory.space.encode(self._memory.space.sample(1, np.random.default_rng(0)), self.encoding)
        self._asked = 0
        self._rounds = 0
        self._owed = 0.0
        self._stale = True
        self._ranking: tuple[Batch, NDArray[np.int64], NDArray[np.float64]]

    @property
    def predictor_name(self) -> str | None:
        """The predictor's name."""
        return self._predictor_name

    @property
    def wants(self) -> int:
        """What is missing from the initial architectures, then a batch."""
        return self.initial - self._asked if self._asked < self.initial else self.batch

    def ask(self, n: int | None = None) -> Ask:
        """Return random architectures at first, then the next batch."""
        n = self.wants if n is None else n
        known = len(self._memory.scores)
        random = min(n, max(0, self.initial - self._asked)) if known >= 2 else n
        parts = [self._memory.fresh(random, self.rng)]
        if random < n:
            parts += self._chosen(n - random)
        batch = np.concatenate(parts)
        self._asked += len(batch)
        return Ask(batch)

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Learn scores; the next `ask` fits a new predictor."""
        if self._memory.tell(batch, scores).any():
            self._stale = True

    def _chosen(self, n: int) -> list[Batch]:
        """Return `n` architectures: the exploring share, the rest from the pool, what is missing at random."""
        if self._stale:
            self._rank()
        # The share is kept exactly over time: a batch of 1 with explore=0.3 explores every third or fourth round.
        self._owed += self.explore * n
        explore = int(self._owed + 1e-9)
        self._owed -= explore
        exploit = self._memory.mark(self._from_pool(n - explore))
        parts = [exploit, self._memory.fresh(explore, self.rng)]
        short = n - sum(len(part) for part in parts)
        return [*parts, self._memory.fresh(short, self.rng)]

    def _rank(self) -> None:
        """Fit a fresh predictor and score the space."""
        memory = self._memory
        if memory.rows is not None:
            batch, ids = memory.rows.rows, np.arange(memory.rows.size)
            features = memory.rows.encoded(self.encoding)
            train = features[memory.ids]
        else:
            batch = self._large_space_candidates()
            ids = memory.identify(batch)
            features = memory.space.encode(batch, self.encoding)
            train = memory.space.encode(memory.batch, self.encoding)
        predictor = self._fresh_predictor()
        scoring.fit(predictor, np.ascontiguousarray(train), memory.scores)
        self._ranking = batch, ids, scoring.predict(predictor, features, self.jobs)
        self._rounds += 1
        self._stale = False

    def _from_pool(self, n: int) -> Batch:
        batch, ids, scores = self._ranking
        scores = scores.copy()
        pool = _top(scores, self._pool_size())
        pool = pool[self._memory.is_new(ids[pool])]
        if len(pool) >= n:
            drawn: Batch = batch[self.rng.choice(pool, n, replace=False)]
            return drawn
        # Published: where the pool runs dry, the best of all that is left, in order of prediction.
        scores[~self._memory.is_new(ids)] = -np.inf
        best = _top(scores, n)
        return batch[best[scores[best] > -np.inf]]

    def _pool_size(self) -> int:
        if not isinstance(self.pool, tuple):
            return self.pool
        start, end = self.pool
        low, high = _DECAY**99, 1.0
        place = min((self._rounds - 1) / max(self.pool_rounds - 1, 1), 1.0)
        return int(end + (start - end) * (_DECAY ** (99 * place) - low) / (high - low))

    def _large_space_candidates(self) -> Batch:
        """Random architectures and, as many, mutants of the ten best so far."""
        space, memory = self._memory.space, self._memory
        best = memory.batch[np.argsort(-memory.scores, kind="stable")[:10]]
        parents = best[self.rng.integers(0, len(best), self.candidates // 2)]
        drawn = space.sample(self.candidates - len(parents), self.rng)
        batch = np.concatenate([drawn, space.mutate(parents, self.rng)])
        return unique_rows(batch, memory.identify(batch))

    def _fresh_predictor(self) -> Predictor:
        """An unfitted copy with a seed of its own."""
        from sklearn.base import clone

        predictor: Any = clone(self.predictor)
        if "random_state" in predictor.get_params():
            predictor.set_params(random_state=int(self.rng.integers(2**31)))
        fresh: Predictor = predictor
        return fresh


def _top(scores: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    """Return the indices of the `n` highest scores, best first."""
    if n <= 0:
        return np.zeros(0, dtype=np.intp)
    best = np.argpartition(-scores, n - 1)[:n] if n < len(scores) else np.arange(len(scores))
    return best[np.argsort(-scores[best], kind="stable")]


def _check(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidOption(f"{name} is a whole number from {least}, not {value!r}.")
