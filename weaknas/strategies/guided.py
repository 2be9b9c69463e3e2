"""The round that predictor-based strategies share: fit to what is known, score candidates, choose."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import scoring
from ..checks import check_number, check_whole
from ..contracts import Ask, Past, Predictor, Scores, Strategy
from ..defaults import PREDICTOR
from ..spaces import Batch, Floats, Rows, Space
from ..spaces.arrays import Index, unique_rows
from .acquisition import UNCERTAIN, Ranking, picked, top
from .members import Predictors, members
from .memory import Memory
from .prior import PriorMean, Residual, suggested

__all__ = ["Guided"]

LARGE_POOL = 20_000
PARENTS = 10


@dataclass(eq=False, repr=False)
class Guided(Strategy):
    """Random architectures first; then, round after round, what a freshly fitted predictor recommends.

    A subclass says which of the scored candidates to take (by default those of the best `acquisition`), and may say
    which to score (`_candidates`). It is a dataclass too, decorated as this one is, whose fields are its options: it
    declares those that it has beside these, those of another default, and with `field(init=False)` those that it does
    not have; `__post_init__` checks its own.

    Args:
        space: the architectures to choose from.
        predictor: a predictor or the name of one; several take turns, one a round (a committee is one predictor,
            `ensemble`). If None, the first of `default_predictors` that the space has an encoding for.
        initial: random architectures at the start.
        batch: architectures per round.
        explore: share of each batch, 0 to 1, drawn uniformly from the whole space.
        encoding: features for the predictor; if None, the predictor's choice or the space's default.
        candidates: how many architectures to score each round (a space of no more is scored whole), or `all` of a
            space of up to a million.
        jobs: threads that score; they do not change the result.
        seed: seed of all random choices, the predictors' included.

    Attributes:
        default_predictors: names, best first.
        acquisition: by which the candidates are judged, one of `ACQUISITIONS`.
        spread: factor of the predictor's deviations in it.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
        PluginError: a predictor that is no scikit-learn regressor.
    """

    space: Space
    predictor: Predictors | None = None
    _: KW_ONLY
    initial: int = 10
    batch: int = 10
    explore: float = 0.0
    encoding: str | None = None
    candidates: int | Literal["all"] = "all"
    jobs: int = 1
    seed: int = 0

    default_predictors: ClassVar[Sequence[str]] = (PREDICTOR,)
    acquisition = "mean"
    spread = 1.0
    _constant: ClassVar[Iterable[str]] = ("_members", "_prior")

    def __post_init__(self) -> None:
        super().__init__(self.space, self.seed)
        check_whole("initial", self.initial, 2)
        check_whole("batch", self.batch, 1)
        if self.candidates != "all":
            check_whole("candidates", self.candidates, 1)
        check_number("explore", self.explore, "a share from 0 to 1", 0, 1)
        if self.jobs != -1:  # all cores
            check_whole("jobs", self.jobs, 1)
        self._memory = Memory(self.space)
        self._members = members(self.predictor, self.default_predictors, self.encoding, self._memory.space)
        self.encoding = ", ".join(dict.fromkeys(member.encoding for member in self._members))
        self._prior: PriorMean | None = None
        self._rounds = 0
        self._explore_due = 0.0
        self._stale = True
        self._ranking: Ranking | None = None
        self._warm: dict[tuple[int, int], Any] = {}  # by turn and objective
        self._pending: dict[int, Batch] = {}  # architectures evaluated elsewhere, by identity

    @property
    def predictor_name(self) -> str | None:
        """The predictors' names."""
        return ", ".join(member.name for member in self._members)

    @property
    def predictor_params(self) -> Sequence[Mapping[str, Any]]:
        """The parameters in force of each predictor."""
        return [member.predictor.get_params() for member in self._members]

    @property
    def wants(self) -> int:
        """What is missing from the initial architectures, then a batch."""
        return self.initial - len(self._memory) if len(self._memory) < self.initial else self.batch

    def inform(self, past: Sequence[Past]) -> None:
        """Take some of the first architectures from the best of past evaluations; predict what these do not tell."""
        super().inform(past)
        self._prior = PriorMean(self._memory.space, past, self._members[0], self.seed)
        self._memory.suggest(self._prior.first(suggested(self.initial)))

    def ask(self, n: int | None = None) -> Ask:
        """Return random architectures at first, then the next batch."""
        n = self.wants if n is None else n
        known = len(self._memory.scores)
        random = min(n, max(0, self.initial - len(self._memory))) if known >= 2 else n
        parts = [self._memory.fresh(random, self.rng)]
        if random < n:
            parts += self._chosen(n - random)
        return Ask(np.concatenate(parts))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Learn scores; the next `ask` fits a new predictor."""
        kept = self._memory.tell(batch, scores, fidelity)
        here = [self._pending.pop(i, None) for i in self._memory.identify(batch).tolist()]
        self._stale |= bool(kept.any()) or any(row is not None for row in here)

    def reserve(self, batch: Batch, fidelity: int | None = None) -> None:
        """Count architectures as being evaluated elsewhere; until they are told, predictors learn the median score.

        That is a constant liar (Ginsbourger et al. 2010, section 4.2): it keeps workers from asking for much the same.
        """
        super().reserve(batch, fidelity)
        self._pending.update(zip(self._memory.identify(batch).tolist(), np.asarray(batch), strict=True))
        self._stale = True

    def recommend(self) -> Batch | None:
        """Return the `(1, d)` architecture that the last fit ranks first, evaluated or not; None before the first."""
        return None if self._ranking is None else self._rows(top(self._ranking.mean, 1))

    # -- what a subclass decides ----------------------------------------------------------------------

    def _select(self, n: int) -> Batch:
        """Return up to `n` new architectures of the ranking, not yet marked."""
        return self._best(n, self.acquisition)

    def _candidates(self, score: Callable[[Batch], Scores]) -> Batch:
        """Return the architectures to rank: random ones and, as many, mutants and children of the best so far.

        Args:
            score: the fitted predictor, from a batch to `(n,)` scores.
        """
        count = LARGE_POOL if self.candidates == "all" else self.candidates
        space, parents, children = self._memory.space, self._parents(), count // 8
        first, second, mutated = (
            parents[self.rng.integers(0, len(parents), n)] for n in (children, children, count // 2 - children)
        )
        close = [space.mutate(mutated, self.rng), space.crossover(first, second, self.rng)]
        return np.concatenate([space.sample(count - count // 2, self.rng), *close])

    def _parents(self) -> Batch:
        """Return the known architectures that are worth editing."""
        return self._memory.batch[top(self._memory.scores, PARENTS)]

    def _judge(
        self, predictors: Sequence[Predictor], features: Floats, batch: Batch, ids: NDArray[np.int64] | None
    ) -> tuple[Scores, Scores | None]:
        """Return the `(n,)` predicted scores of candidates, and their deviations where the acquisition needs them.

        Args:
            predictors: one for each objective.
            features: `(n, f)`.
            batch: the `(n, d)` candidates.
            ids: their `(n,)` identities, None where they are all the rows of the space.
        """
        (predictor,) = predictors
        if self.acquisition in UNCERTAIN:
            return scoring.predict_with_std(predictor, features, self.jobs)
        return scoring.predict(predictor, features, self.jobs), None

    def _training(self) -> NDArray[np.bool_]:
        """Return `(n,)` which of the known architectures the predictor is fitted to."""
        return np.ones(len(self._memory.scores), dtype=bool)

    # -- the round ------------------------------------------------------------------------------------

    def _chosen(self, n: int) -> list[Batch]:
        """Return `n` architectures: the exploring share, the rest selected, what is missing at random."""
        if self._stale:
            self._rank()
        # The share is kept exactly over time: a batch of 1 with explore=0.3 explores every third or fourth round.
        self._explore_due += self.explore * n
        explore = int(self._explore_due + 1e-9)
        self._explore_due -= explore
        exploit = self._memory.mark(self._select(n - explore))
        parts = [exploit, self._memory.fresh(explore, self.rng)]
        short = n - sum(len(part) for part in parts)
        return [*parts, self._memory.fresh(short, self.rng)]

    def _rank(self) -> None:
        """Fit fresh predictors and score the candidates."""
        use = self._training()
        self._rounds += 1
        self._ranking = self._ranked(*self._fitted(use))
        self._stale = False

    def _fitted(self, use: Index | NDArray[np.bool_]) -> tuple[list[Predictor], str]:
        """Return this round's predictors, one for each objective, fitted to some of what is known; their encoding."""
        turn = (self._rounds - 1) % len(self._members)
        encoding = self._members[turn].encoding
        known, ids, scores = self._training_data(use)
        features = self._features(known, ids, encoding)
        fitted = []
        for objective, column in enumerate(np.atleast_2d(scores.T)):
            fitted.append(self._fresh_predictor(turn, objective))
            scoring.fit(fitted[-1], features, column)
        return fitted, encoding

    def _ranked(self, predictors: Sequence[Predictor], encoding: str) -> Ranking:
        """Return the candidates, scored by fitted predictors."""
        memory = self._memory
        batch = ids = None
        if memory.rows is not None and self._scores_all(memory.rows):
            features = memory.rows.encoded(encoding)
            features = features if self._prior is None else self._prior.beside(features, memory.rows.rows, slice(None))
        else:
            drawn = self._candidates(lambda rows: self._scored(predictors[0], rows, encoding))
            batch = unique_rows(drawn, memory.identify(drawn))
            ids = memory.identify(batch)
            features = self._features(batch, ids, encoding)
        judged = self._judge(predictors, features, memory.space.enumerate() if batch is None else batch, ids)
        return Ranking(batch, ids, *judged)

    def _scores_all(self, rows: Rows) -> bool:
        return self.candidates == "all" or rows.size <= self.candidates

    def _training_data(self, use: Index | NDArray[np.bool_]) -> tuple[Batch, NDArray[np.int64], Scores]:
        """Return the architectures that a predictor is fitted to, their identities and their scores."""
        memory = self._memory
        known, ids, scores = memory.batch[use], memory.ids[use], memory.scores[use]
        if not self._pending:
            return known, ids, scores
        median = np.repeat(np.median(scores, axis=0, keepdims=True), len(self._pending), axis=0)
        return (
            np.concatenate([known, np.stack(list(self._pending.values()))]),
            np.concatenate([ids, np.array(list(self._pending))]),
            np.concatenate([scores, median]),
        )

    def _features(self, batch: Batch, ids: NDArray[np.int64], encoding: str) -> Floats:
        """Encode architectures, where the space is finite from the encoded rows; beside them stands the prior."""
        rows = self._memory.rows
        if rows is not None and (rows.size <= LARGE_POOL or self._scores_all(rows)):
            features = np.ascontiguousarray(rows.encoded(encoding)[ids])
        else:
            features = self._memory.space.encode(batch, encoding)
        return features if self._prior is None else self._prior.beside(features, batch, ids)

    def _scored(self, predictor: Predictor, batch: Batch, encoding: str) -> Scores:
        return scoring.predict(predictor, self._features(batch, self._memory.identify(batch), encoding), self.jobs)

    def _fresh_predictor(self, turn: int, objective: int) -> Predictor:
        """An unfitted copy with a seed of its own; the last one again if it goes on from its last fit."""
        predictor: Any = self._warm.get((turn, objective)) or scoring.fresh(self._members[turn].predictor)
        if getattr(predictor, "warm_start", False):
            self._warm[turn, objective] = predictor
        scoring.seed(predictor, lambda: int(self.rng.integers(2**31)))
        fresh: Predictor = predictor if self._prior is None else Residual(predictor, len(self._prior))
        return fresh

    # -- choosing from the ranking --------------------------------------------------------------------

    def _unseen(self) -> NDArray[np.bool_]:
        """Return which candidates were neither asked for nor told."""
        assert self._ranking is not None
        return self._memory.is_new(self._ranking.ids)

    def _rows(self, index: Index) -> Batch:
        """Return candidates by their index in the ranking."""
        assert self._ranking is not None
        everything = self._memory.rows.rows if self._memory.rows is not None else self._memory.batch
        rows: Batch = (everything if self._ranking.batch is None else self._ranking.batch)[index]
        return rows

    def _best(self, n: int, acquisition: str = "mean") -> Batch:
        """Return the `n` unseen candidates of the highest acquisition."""
        assert self._ranking is not None
        left = np.flatnonzero(self._unseen())
        mean = self._ranking.mean[left]
        std = np.zeros(0) if self._ranking.std is None else self.spread * self._ranking.std[left]
        return self._rows(left[picked(n, acquisition, mean, std, float(self._memory.scores.max()), self.rng)])
