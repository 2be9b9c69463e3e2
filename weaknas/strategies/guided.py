"""The round that predictor-based strategies share: fit to what is known, score candidates, choose."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import doors, scoring
from ..contracts import Ask, Predictor, Scores, Strategy
from ..errors import InvalidOption
from ..spaces import Batch, Floats, Rows, Space
from ..spaces.arrays import Index, unique_rows
from .acquisition import ACQUISITIONS, UNCERTAIN, top
from .checks import check_number, check_whole
from .memory import Memory

__all__ = ["Guided", "Predictors"]

Predictors = str | Predictor | Sequence[str | Predictor]
LARGE_POOL = 20_000
PARENTS = 10


@dataclass(slots=True)
class Ranking:
    """Scored candidates; `batch` and `ids` are None where they are all the rows of the space."""

    batch: Batch | None
    ids: NDArray[np.int64] | None
    mean: NDArray[np.float64]
    std: NDArray[np.float64] | None


class Guided(Strategy):
    """Random architectures first; then, round after round, what a freshly fitted predictor recommends.

    A subclass has its own `defaults`, says which of the scored candidates to take (by default those of the best
    `acquisition`), and may say which to score (`_candidates`).

    Args:
        space: the architectures to choose from.
        predictor: a predictor or the name of one; several take turns, one a round.
        initial: random architectures at the start.
        batch: architectures per round.
        explore: share of each batch, 0 to 1, drawn uniformly from the whole space.
        encoding: features for the predictor; if None, the predictor's choice or the space's default.
        candidates: how many architectures to score each round (a space of no more is scored whole), or `all` of a
            finite space.
        jobs: threads that score; they do not change the result.
        seed: seed of all random choices, the predictors' included.

    What is None is the strategy's default, which `defaults` holds; of its predictors the first one that the space has
    an encoding for.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
        PluginError: a predictor that is no scikit-learn regressor.
    """

    defaults: ClassVar[Mapping[str, Any]] = {
        "predictor": ("mlp",),
        "initial": 10,
        "batch": 10,
        "explore": 0.0,
        "candidates": "all",
    }
    acquisition: str = "mean"
    spread: float = 1.0
    _constant: ClassVar[Iterable[str]] = ("_predictors", "_encodings", "_predictor_name")

    def __init__(
        self,
        space: Space,
        predictor: Predictors | None = None,
        *,
        initial: int | None = None,
        batch: int | None = None,
        explore: float | None = None,
        encoding: str | None = None,
        candidates: int | Literal["all"] | None = None,
        jobs: int = 1,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed)
        self.initial: int = self._or_default("initial", initial)
        self.batch: int = self._or_default("batch", batch)
        self.explore: float = self._or_default("explore", explore)
        self.candidates: int | Literal["all"] = self._or_default("candidates", candidates)
        check_whole("initial", self.initial, 2)
        check_whole("batch", self.batch, 1)
        if self.candidates != "all":
            check_whole("candidates", self.candidates, 1)
        check_number("explore", self.explore, "a share from 0 to 1", 0, 1)
        if jobs != -1:  # all cores
            check_whole("jobs", jobs, 1)
        if encoding is not None and not isinstance(encoding, str):
            raise InvalidOption(f"encoding is the name of one, not {encoding!r}.")
        chosen = self._usable(space) if predictor is None else predictor
        several = list(chosen) if isinstance(chosen, list | tuple) else [chosen]
        if not several or not all(isinstance(p, str) or hasattr(p, "fit") for p in several):
            raise InvalidOption(f"predictor is a name, a scikit-learn regressor or a list of such, not {predictor!r}.")
        self._predictors: list[Any] = [doors.PREDICTORS.create(p) if isinstance(p, str) else p for p in several]
        for each in self._predictors:
            scoring.fresh(each)  # before anything was paid for
        self._predictor_name = ", ".join(p if isinstance(p, str) else repr(p) for p in several)
        self._memory = Memory(space)
        whole = self._memory.space
        self._encodings = [encoding or scoring.encoding_of(p, whole) for p in self._predictors]
        for kind in self._encodings:
            whole.encode(whole.sample(1, np.random.default_rng(0)), kind)
        self.encoding = ", ".join(dict.fromkeys(self._encodings))
        self.jobs = jobs
        self._rounds = 0
        self._owed = 0.0
        self._stale = True
        self._ranking: Ranking | None = None
        self._warm: dict[tuple[int, int], Any] = {}  # by turn and objective
        self._elsewhere: dict[int, Batch] = {}  # reserved architectures by identity

    def _usable(self, space: Space) -> str:
        """Return the first of the default predictors that can be used on a space."""
        *better, last = self.defaults["predictor"]
        for name in better:
            with contextlib.suppress(InvalidOption):
                scoring.encoding_of(doors.PREDICTORS.create(name), space)
                return str(name)
        return str(last)

    def _or_default(self, name: str, value: Any) -> Any:
        return self.defaults[name] if value is None else value

    @property
    def predictor_name(self) -> str | None:
        """The predictors' names."""
        return self._predictor_name

    @property
    def predictor_params(self) -> Sequence[Mapping[str, Any]]:
        """The parameters in force of each predictor."""
        return [predictor.get_params() for predictor in self._predictors]

    @property
    def wants(self) -> int:
        """What is missing from the initial architectures, then a batch."""
        return self.initial - len(self._memory) if len(self._memory) < self.initial else self.batch

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
        here = [self._elsewhere.pop(i, None) for i in self._memory.identify(batch).tolist()]
        self._stale |= bool(kept.any()) or any(row is not None for row in here)

    def reserve(self, batch: Batch, fidelity: int | None = None) -> None:
        """Count architectures as being evaluated elsewhere; until they are told, predictors learn the median score.

        That is a constant liar (Ginsbourger et al. 2010, section 4.2): it keeps workers from asking for much the same.
        """
        super().reserve(batch, fidelity)
        self._elsewhere.update(zip(self._memory.identify(batch).tolist(), np.asarray(batch), strict=True))
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
        self._owed += self.explore * n
        explore = int(self._owed + 1e-9)
        self._owed -= explore
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
        turn = (self._rounds - 1) % len(self._predictors)
        encoding = self._encodings[turn]
        known, ids, scores = self._lessons(use)
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
        else:
            drawn = self._candidates(lambda rows: self._scored(predictors[0], rows, encoding))
            batch = unique_rows(drawn, memory.identify(drawn))
            ids = memory.identify(batch)
            features = self._features(batch, ids, encoding)
        judged = self._judge(predictors, features, memory.space.enumerate() if batch is None else batch, ids)
        return Ranking(batch, ids, *judged)

    def _scores_all(self, rows: Rows) -> bool:
        return self.candidates == "all" or rows.size <= self.candidates

    def _lessons(self, use: Index | NDArray[np.bool_]) -> tuple[Batch, NDArray[np.int64], Scores]:
        """Return the architectures that a predictor is fitted to, their identities and their scores."""
        memory = self._memory
        known, ids, scores = memory.batch[use], memory.ids[use], memory.scores[use]
        if not self._elsewhere:
            return known, ids, scores
        lies = np.repeat(np.median(scores, axis=0, keepdims=True), len(self._elsewhere), axis=0)
        return (
            np.concatenate([known, np.stack(list(self._elsewhere.values()))]),
            np.concatenate([ids, np.array(list(self._elsewhere))]),
            np.concatenate([scores, lies]),
        )

    def _features(self, batch: Batch, ids: NDArray[np.int64], encoding: str) -> Floats:
        """Encode architectures; where the space is finite, from the encoded whole."""
        rows = self._memory.rows
        if rows is not None and (rows.size <= LARGE_POOL or self._scores_all(rows)):
            return np.ascontiguousarray(rows.encoded(encoding)[ids])
        return self._memory.space.encode(batch, encoding)

    def _scored(self, predictor: Predictor, batch: Batch, encoding: str) -> Scores:
        return scoring.predict(predictor, self._features(batch, self._memory.identify(batch), encoding), self.jobs)

    def _fresh_predictor(self, turn: int, objective: int) -> Predictor:
        """An unfitted copy with a seed of its own; the last one again if it goes on from its last fit."""
        predictor: Any = self._warm.get((turn, objective)) or scoring.fresh(self._predictors[turn])
        if getattr(predictor, "warm_start", False):
            self._warm[turn, objective] = predictor
        scoring.seed(predictor, lambda: int(self.rng.integers(2**31)))
        fresh: Predictor = predictor
        return fresh

    # -- choosing from the ranking --------------------------------------------------------------------

    def _unseen(self) -> NDArray[np.bool_]:
        """Return which candidates were neither asked for nor told."""
        assert self._ranking is not None
        return self._new(self._ranking.ids)

    def _new(self, ids: NDArray[np.int64] | None) -> NDArray[np.bool_]:
        """Return which identities (None: all rows of the space) were neither asked for nor told."""
        if ids is not None:
            return self._memory.is_new(ids)
        new = np.ones(self._memory.space.size, dtype=bool)
        new[self._memory.seen] = False
        return new

    def _rows(self, index: Index) -> Batch:
        """Return candidates by their place in the ranking."""
        assert self._ranking is not None
        whole = self._memory.rows.rows if self._memory.rows is not None else self._memory.batch
        rows: Batch = (whole if self._ranking.batch is None else self._ranking.batch)[index]
        return rows

    def _best(self, n: int, acquisition: str = "mean") -> Batch:
        """Return the `n` unseen candidates of the highest acquisition; every Thompson pick has a draw of its own."""
        assert self._ranking is not None
        left = np.flatnonzero(self._unseen())
        mean = self._ranking.mean[left]
        std = np.zeros(0) if self._ranking.std is None else self.spread * self._ranking.std[left]
        incumbent = float(self._memory.scores.max())
        value = ACQUISITIONS[acquisition]
        if acquisition != "thompson":
            return self._rows(left[top(value(mean, std, incumbent, self.rng), n)])
        picked: list[int] = []
        for _ in range(min(n, len(left))):
            drawn = value(mean, std, incumbent, self.rng)
            drawn[picked] = -np.inf
            picked.append(int(np.argmax(drawn)))
        return self._rows(left[picked])
