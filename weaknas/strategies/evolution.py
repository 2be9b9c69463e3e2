"""Evolution with a predictor: inside it, or instead of half of the evaluations."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, Literal

import numpy as np

from ..checks import check_one_of, check_whole
from ..contracts import Scores
from ..defaults import PREDICTOR
from ..spaces import Batch
from .acquisition import top
from .guided import Guided

__all__ = ["Npenas", "PredictorEvolution"]


@dataclass(eq=False, repr=False)
class Npenas(Guided):
    """NPENAS (Wei et al., TNNLS 2022): an evolutionary search whose children are screened by a predictor.

    Each round the best of what is known are parents, each gives as many mutants as it takes to make `candidates`,
    and the best predicted children are evaluated. With a predictor that has an uncertainty and
    `acquisition="thompson"` it is the paper's NPENAS-BO, with the mean of a graph predictor NPENAS-NP.
    Defaults: 10 random architectures, 10 parents of 10 mutants each, 10 evaluations a round.

    The default predictor, `gin`, needs the extra `torch`; on spaces without graphs it is `mlp`.

    Args:
        parents: how many of the best known architectures have children.
        acquisition: `mean` (NP) or `thompson` (BO).
        candidates: children to choose from each round.

    The others are those of `Guided`, without `explore`.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "npenas"
    default_predictors: ClassVar = ("gin", PREDICTOR)
    _: KW_ONLY
    explore: float = field(default=0.0, init=False)
    candidates: int = 100
    parents: int = 10
    acquisition: Literal["mean", "thompson"] = "mean"

    def __post_init__(self) -> None:
        check_whole("parents", self.parents, 1)
        check_one_of("acquisition", self.acquisition, ("mean", "thompson"))
        super().__post_init__()

    def _candidates(self, score: Callable[[Batch], Scores]) -> Batch:
        best = self._memory.batch[top(self._memory.scores, self.parents)]
        times = -(-int(self.candidates) // len(best))
        return self._memory.space.mutate(np.repeat(best, times, axis=0), self.rng)


@dataclass(eq=False, repr=False)
class PredictorEvolution(Guided):
    """An evolutionary search over the predictor: for spaces too large to enumerate.

    Each round a population of random architectures and the best known ones evolves for `generations` under the
    predictor: the better half survives, mutants and children of it replace the rest. The best predicted of all that
    was visited are evaluated. It is the search of Once-for-All (Cai et al., ICLR 2020), with a predictor that is
    refitted on the way.

    Args:
        generations: of the inner evolution.
        population: of the inner evolution.

    The others are those of `Guided`, without `candidates`.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "evolution"

    _: KW_ONLY
    candidates: int | Literal["all"] = field(init=False)
    generations: int = 20
    population: int = 200

    def __post_init__(self) -> None:
        check_whole("generations", self.generations, 1)
        check_whole("population", self.population, 4)
        self.candidates = self.generations * self.population
        super().__post_init__()

    def _candidates(self, score: Callable[[Batch], Scores]) -> Batch:
        space, rng = self._memory.space, self.rng
        elite = self._memory.batch[top(self._memory.scores, self.population // 4)]
        members = np.concatenate([elite, space.sample(self.population - len(elite), rng)])
        visited = [members]
        for _ in range(self.generations):
            parents = members[top(score(members), self.population // 2)]
            children = self.population - len(parents)
            mutated = space.mutate(parents[rng.integers(0, len(parents), children - children // 2)], rng)
            first, second = (parents[rng.integers(0, len(parents), children // 2)] for _ in range(2))
            new = np.concatenate([mutated, space.crossover(first, second, rng)])
            visited.append(new)
            members = np.concatenate([parents, new])
        return np.concatenate(visited)
