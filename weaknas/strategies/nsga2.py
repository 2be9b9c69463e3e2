"""NSGA-II: accuracy against cost."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_whole
from ..contracts import Ask
from ..pareto import crowding, ranks
from ..spaces import Batch, Space
from .tradeoff import Tradeoff

__all__ = ["Nsga2"]

_TRIES = 20


class Nsga2(Tradeoff):
    """NSGA-II (Deb et al., IEEE TEC 2002) over the score and what is free to know of an architecture.

    A random population; then children of parents that win a binary tournament by front and crowding distance:
    crossover, then a mutation. `front` gives the trade-off found.

    Differences from the paper: parents are the best of everything known, not of two generations; a child enters as
    soon as it is told; children that are known already are made again, and random architectures fill in after 20
    tries.

    Args:
        space: the architectures to choose from; it must know the costs.
        costs: what is free to know and is to be small, such as `macs`, `params` or `latency_ms_pixel3`.
        objectives: how many scores are told of an architecture, each to be large: with 2, `tell` takes `(n, 2)`.
        population: parents.
        seed: seed of all random choices.

    Raises:
        InvalidOption: an option outside its range, fewer than two objectives, or a cost that the space does not know.
    """

    name = "nsga2"

    def __init__(
        self,
        space: Space,
        *,
        costs: Sequence[str] = ("macs",),
        objectives: int = 1,
        population: int = 50,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed)
        check_whole("population", population, 2)
        self.population = population
        self._trade(costs, objectives)

    @property
    def wants(self) -> int:
        """What is missing from the first population, then as many children."""
        return max(1, self.population - len(self._memory)) if len(self._memory) < self.population else self.population

    def ask(self, n: int | None = None) -> Ask:
        """Return random architectures until the population is full, then children."""
        n = self.wants if n is None else n
        random = min(n, max(0, self.population - len(self._memory))) if len(self._memory.scores) >= 2 else n
        parts = [self._memory.fresh(random, self.rng)]
        if random < n:
            children = self._children(n - random)
            parts += [children, self._memory.fresh(n - random - len(children), self.rng)]
        return Ask(np.concatenate(parts))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Learn `(n,)` scores, `(n, k)` of k objectives; costs are known to the space."""
        self._memory.tell(batch, scores, fidelity)

    def _children(self, n: int) -> Batch:
        memory = self._memory
        points = self._points(memory.batch, memory.scores)
        rank = ranks(points, self.population)
        distance = np.zeros(len(points))
        for level in range(rank.max() + 1):
            distance[rank == level] = crowding(points[rank == level])
        best = np.lexsort((-distance, rank))[: self.population]  # in order: a smaller index wins a tournament
        found = [memory.batch[:0]]
        for _ in range(_TRIES):
            missing = n - sum(map(len, found))
            if not missing:
                break
            first, second = (best[self.rng.integers(0, len(best), (missing, 2)).min(axis=1)] for _ in range(2))
            crossed = memory.space.crossover(memory.batch[first], memory.batch[second], self.rng)
            children = memory.space.mutate(crossed, self.rng)
            ids = memory.identify(children)
            _, once = np.unique(ids, return_index=True)
            found.append(memory.mark(children[once][memory.is_new(ids[once])]))
        return np.concatenate(found)
