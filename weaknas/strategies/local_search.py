"""Local search."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_whole
from ..contracts import Ask, Past, Strategy
from ..errors import InvalidOption
from ..spaces import Batch, Space
from .memory import Memory
from .prior import best_of, suggested

__all__ = ["LocalSearch"]


class LocalSearch(Strategy):
    """Hill climbing from random starts (White et al., UAI 2021, algorithm 1).

    All neighbours of the best architecture of a start are evaluated; the best of them, if it is better, is where the
    search goes on; otherwise it starts again from random architectures.

    With `query_until_improvement` the first neighbour that is better is taken at once, so fewer of them are paid
    for; neighbours come in random order.

    Args:
        space: the architectures to choose from.
        initial: random architectures of each start, the best of which is climbed from.
        query_until_improvement: whether to move on at the first better neighbour.
        seed: seed of all random choices.

    Raises:
        InvalidOption: an option outside its range.
    """

    name = "local-search"

    def __init__(
        self, space: Space, *, initial: int = 10, query_until_improvement: bool = True, seed: int = 0
    ) -> None:
        super().__init__(space, seed)
        check_whole("initial", initial, 1)
        self.initial = initial
        if not isinstance(query_until_improvement, bool):
            raise InvalidOption(f"query_until_improvement is true or false, not {query_until_improvement!r}.")
        self.query_until_improvement = query_until_improvement
        self._memory = Memory(space)
        self._start_over()

    def _start_over(self) -> None:
        self._drawn = 0  # random architectures asked for in this start
        self._best: Batch | None = None  # where this start has climbed to
        self._score = -np.inf
        self._queue: Batch | None = None  # neighbours of it that are yet to be asked for

    @property
    def wants(self) -> int:
        """A whole start, then one neighbour at a time, or all of them without `query_until_improvement`."""
        if self._best is None or self._drawn < self.initial:
            return max(1, self.initial - self._drawn)
        return 1 if self.query_until_improvement else max(1, len(self._neighbours()))

    def inform(self, past: Sequence[Past]) -> None:
        """Take a part of the first start from the best of past evaluations, and go on as ever."""
        super().inform(past)
        self._memory.suggest(best_of(past, self._memory.space, suggested(self.initial)))

    def ask(self, n: int | None = None) -> Ask:
        """Return random architectures at a start, then neighbours of the best of it."""
        n = self.wants if n is None else n
        parts = []
        while n > 0:
            if self._best is None or self._drawn < self.initial:
                random = min(n, self.initial - self._drawn) if self._drawn < self.initial else n
                part = self._memory.fresh(random, self.rng)
                self._drawn += random
            elif len(queue := self._neighbours()):
                part, self._queue = self._memory.mark(queue[:n]), queue[n:]
            else:
                self._start_over()
                continue
            if not len(part):
                break
            parts.append(part)
            n -= len(part)
        return Ask(np.concatenate(parts) if parts else self._memory.batch[:0])

    def _neighbours(self) -> Batch:
        """Return the new neighbours of the best, in random order."""
        assert self._best is not None
        if self._queue is None:
            near = self._memory.space.neighbors(self._best)
            self._queue = self.rng.permutation(near, axis=0)
        queue = self._queue[self._memory.is_new(self._memory.identify(self._queue))]
        self._queue = queue
        return queue

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Move to the best architecture told if it is better than where this start stands."""
        kept = np.flatnonzero(self._memory.tell(batch, scores, fidelity))
        if not len(kept):
            return
        values = np.asarray(scores, dtype=np.float64)
        best = kept[np.argmax(values[kept])]
        if values[best] > self._score:
            self._best = self.space.as_batch(batch)[best : best + 1]
            self._score = float(values[best])
            self._queue = None
