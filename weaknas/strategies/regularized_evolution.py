"""Regularized (aging) evolution."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_whole
from ..contracts import Ask, Past, Strategy
from ..errors import InvalidOption
from ..spaces import Batch, Space
from .memory import Memory
from .prior import best_of, suggested

__all__ = ["RegularizedEvolution"]

_REPEATS = 100


class RegularizedEvolution(Strategy):
    """Aging evolution (Real et al., AAAI 2019, algorithm 1).

    A population of random architectures; then again and again the best of a random sample of it is mutated, the
    child enters the population, and the oldest member leaves.

    Differences from the paper: a child that was evaluated before enters again with the score it has, and costs
    nothing, instead of being trained again. While none is new, the next 2, 4, 8 … children are made together, of
    the population as it was; after 100 in a row a random architecture is asked for.
    Defaults are those of NAS-Bench-101's released runs (population 100, sample 10).

    Args:
        space: the architectures to choose from.
        population: members kept (P).
        sample: members compared to choose a parent (S).
        seed: seed of all random choices.

    Raises:
        InvalidOption: a population or sample below 1, or a sample larger than the population.
    """

    name = "regularized-evolution"

    def __init__(self, space: Space, *, population: int = 100, sample: int = 10, seed: int = 0) -> None:
        super().__init__(space, seed)
        check_whole("population", population, 1)
        check_whole("sample", sample, 1)
        if not 1 <= sample <= population:
            raise InvalidOption(f"sample ({sample}) must be from 1 to the population ({population}).")
        self.population = population
        self.sample = sample
        self._memory = Memory(space)
        self._members: deque[tuple[Batch, float]] = deque(maxlen=population)
        self._known: dict[int, float] = {}

    @property
    def wants(self) -> int:
        """What is missing from the first population, then one child at a time."""
        return max(1, self.population - len(self._memory))

    def inform(self, past: Sequence[Past]) -> None:
        """Take a part of the first population from the best of past evaluations, and go on as ever."""
        super().inform(past)
        self._memory.suggest(best_of(past, self._memory.space, suggested(self.population)))

    def ask(self, n: int | None = None) -> Ask:
        """Return random architectures until the population is full, then children."""
        n = self.wants if n is None else n
        random = min(n, max(0, self.population - len(self._memory))) if self._members else n
        parts = [self._memory.fresh(random, self.rng)]
        parts += [self._child() for _ in range(n - random)]
        return Ask(np.concatenate(parts))

    def _child(self) -> Batch:
        tried, ahead = 0, 1
        while tried < _REPEATS:
            children = self._children(min(ahead, _REPEATS - tried))
            for child, identity in zip(children[:, None], self._memory.identify(children).tolist(), strict=True):
                if identity in self._known:
                    self._members.append((child, self._known[identity]))
                elif self._memory.is_new(np.array([identity]))[0]:
                    return self._memory.mark(child)
            tried, ahead = tried + len(children), 2 * ahead
        return self._memory.fresh(1, self.rng)

    def _children(self, n: int) -> Batch:
        size = min(self.sample, len(self._members))
        chosen = [self.rng.choice(len(self._members), size, replace=False) for _ in range(n)]
        parents = [max((self._members[i] for i in some), key=lambda member: member[1])[0] for some in chosen]
        return self._memory.space.mutate(np.concatenate(parents), self.rng)

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Let the architectures that did not fail enter the population."""
        kept = self._memory.tell(batch, scores, fidelity)
        for row in np.flatnonzero(kept):
            arch, score = np.asarray(batch)[row : row + 1], float(np.asarray(scores)[row])
            self._known[int(self._memory.identify(arch)[0])] = score
            self._members.append((arch, score))
