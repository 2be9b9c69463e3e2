"""Evolution with a predictor: inside it, or in place of half of the evaluations."""

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np

from ..contracts import Scores
from ..spaces import Batch, Space
from .acquisition import top
from .checks import check_one_of, check_whole
from .guided import Guided, Predictors

__all__ = ["Npenas", "PredictorEvolution"]


class Npenas(Guided):
    """NPENAS (Wei et al., TNNLS 2022): an evolutionary search whose children are screened by a predictor.

    Each round the best of what is known are parents, each gives as many mutants as it takes to make `candidates`,
    and the best predicted children are evaluated. With a predictor that has an uncertainty and
    `acquisition="thompson"` it is the paper's NPENAS-BO, with the mean of a graph predictor NPENAS-NP.
    Defaults: 10 random architectures, 10 parents of 10 mutants each, 10 evaluations a round.

    Args:
        space: the architectures to choose from.
        predictor: a predictor or the name of one; by default `gin`, which needs the extra `torch`, and on spaces
            without graphs `mlp`.
        parents: how many of the best known architectures have children.
        acquisition: `mean` (NP) or `thompson` (BO).
        initial: as in `Guided`, as are the following.
        batch: architectures per round.
        encoding: features for the predictor; if None, the predictor's choice or the space's default.
        candidates: children to choose from each round.
        jobs: threads that score; they do not change the result.
        seed: seed of all random choices, the predictor's included.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "npenas"
    defaults: ClassVar = {**Guided.defaults, "predictor": ("gin", "mlp")}

    def __init__(
        self,
        space: Space,
        predictor: Predictors | None = None,
        *,
        parents: int = 10,
        acquisition: Literal["mean", "thompson"] = "mean",
        initial: int = 10,
        batch: int = 10,
        encoding: str | None = None,
        candidates: int = 100,
        jobs: int = 1,
        seed: int = 0,
    ) -> None:
        check_whole("parents", parents, 1)
        check_one_of("acquisition", acquisition, ("mean", "thompson"))
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
        self.parents = parents
        self.acquisition = acquisition

    def _candidates(self, score: Callable[[Batch], Scores]) -> Batch:
        best = self._memory.batch[top(self._memory.scores, self.parents)]
        times = -(-int(self.candidates) // len(best))
        return self._memory.space.mutate(np.repeat(best, times, axis=0), self.rng)


class PredictorEvolution(Guided):
    """An evolutionary search over the predictor: for spaces too large to enumerate.

    Each round a population of random architectures and the best known ones evolves for `generations` under the
    predictor: the better half survives, mutants and children of it replace the rest. The best predicted of all that
    was visited are evaluated. It is the search of Once-for-All (Cai et al., ICLR 2020), with a predictor that is
    refitted on the way.

    Args:
        space: the architectures to choose from.
        predictor: a predictor or the name of one.
        generations: of the inner evolution.
        population: of the inner evolution.
        initial: as in `Guided`, as are the following.
        batch: architectures per round.
        explore: share of each batch drawn uniformly from the whole space.
        encoding: features for the predictor; if None, the predictor's choice or the space's default.
        jobs: threads that score; they do not change the result.
        seed: seed of all random choices, the predictor's included.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "evolution"

    def __init__(
        self,
        space: Space,
        predictor: Predictors = "mlp",
        *,
        generations: int = 20,
        population: int = 200,
        initial: int = 10,
        batch: int = 10,
        explore: float = 0.0,
        encoding: str | None = None,
        jobs: int = 1,
        seed: int = 0,
    ) -> None:
        check_whole("generations", generations, 1)
        check_whole("population", population, 4)
        super().__init__(
            space,
            predictor,
            initial=initial,
            batch=batch,
            explore=explore,
            encoding=encoding,
            candidates=generations * population,
            jobs=jobs,
            seed=seed,
        )
        self.generations = generations
        self.population = population

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
