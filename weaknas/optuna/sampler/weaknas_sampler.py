"""The weak-predictor loop as a sampler of Optuna, for any objective of the user's."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, Literal

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from ... import doors, scoring
from ...checks import check_number, check_one_of, check_seed, check_whole
from ...contracts import Predictor, Scores
from ...spaces import Choices, Floats
from ...strategies.acquisition import ACQUISITIONS, UNCERTAIN, top
from .domain import Domain, Points, isin
from .labels import kept, warped

__all__ = ["WeakNASSampler"]

_PARENTS = 10
_GENERATIONS = 4
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
_AHEAD = (TrialState.RUNNING, TrialState.WAITING)
_PLAN = "weaknas:plan"  # of a trial, the numbers of the parameters that it is going to have
_AGAIN = 5  # suggestions at most, where others have had the same idea
_PLATEAU = 5  # so many equal best values are one
_AWAY, _AT_RANDOM = 0.8, 0.5  # the chance of a suggestion outside of it, and of one at random among those


class WeakNASSampler(BaseSampler):
    """A sampler that fits a fresh predictor at every trial and takes the most promising of many candidates.

    Candidates are all combinations of the parameters that were not tried yet, where they are at most a million. Else,
    with floats or conditions among them, they are a pool: half random, half mutants of the ten best trials, of which
    the most promising have mutants again, generation after generation. Parameters that only some trials have are
    sampled too; which candidates have them, a decision tree learns from the trials.

    It learns the logarithm of how far a value is from the best one, so that those of failures do not hide how the good
    ones differ. Pruned trials count with their last value. Trials that run elsewhere, or are queued up, are learned as
    if they were worth the median (a constant liar, Ginsbourger et al. 2010, section 4.2), and not suggested again: a
    suggestion is written into its trial at once, for all threads and processes of the study to see. A trial that
    violates a constraint (`trial.set_constraint`) counts as worse than all that keep theirs, by how much it does (Deb
    2000). Where five trials or more share the best value, most suggestions are outside of what those span, half
    of them at random.

    Args:
        predictor: a predictor of weaknas or its name, one that works on one-hot features.
        acquisition: `ei`, `ucb` and `thompson` need a predictor with an uncertainty; `mean` does not.
        startup: random trials at the start.
        explore: share of the later trials, 0 to 1, that are random.
        candidates: size of the pool, where the combinations are too many.
        seed: seed of all random choices; None for another one each time.

    Raises:
        InvalidOption: an option outside its range, or a predictor that needs the graph of an architecture.
        NotFound: no such predictor.

    Example:
        >>> import optuna
        >>> from weaknas.optuna import WeakNASSampler
        >>> study = optuna.create_study(sampler=WeakNASSampler(seed=0))
        >>> study.optimize(lambda trial: trial.suggest_float("x", -1, 1) ** 2, n_trials=15)
        >>> study.best_value < 0.01
        True
    """

    def __init__(
        self,
        predictor: str | Predictor = "gp",
        *,
        acquisition: Literal["mean", "ei", "ucb", "thompson"] = "ei",
        startup: int = 10,
        explore: float = 0.05,
        candidates: int = 1000,
        seed: int | None = None,
    ) -> None:
        check_one_of("acquisition", acquisition, tuple(ACQUISITIONS))
        check_whole("startup", startup, 1)
        check_whole("candidates", candidates, 2)
        check_number("explore", explore, "a share from 0 to 1", 0, 1)
        seed = None if seed is None else check_seed(seed)
        self.predictor = doors.PREDICTORS.create(predictor) if isinstance(predictor, str) else predictor
        scoring.fresh(self.predictor)
        scoring.encoding_of(self.predictor, Choices({"any": (0, 1)}))
        self.acquisition = acquisition
        self.startup = startup
        self.explore = explore
        self.candidates = candidates
        self._rng = np.random.default_rng(seed)
        self._independent = RandomSampler(seed if seed is None else seed % 2**32)  # of which it takes no more
        self._domain = Domain({})
        self._lock = Lock()  # of threads, for as long as one decides what it tries

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=Lock())

    def reseed_rng(self) -> None:
        """Draw from another seed: Optuna calls it in each of several threads or processes."""
        self._rng = np.random.default_rng()
        self._independent.reseed_rng()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return all parameters that a trial has had, with their last distributions, but for those of one value."""
        found: dict[str, BaseDistribution] = {}
        for other in study._get_trials(deepcopy=False, states=_FINISHED, use_cache=True):
            found.update(other.distributions)
        return {name: kind for name, kind in found.items() if not kind.single()}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a random value of a parameter that no trial has had.

        Raises:
            ValueError: the study has several objectives.
        """
        self._raise_error_if_multi_objective(study)
        with self._lock:
            kinds, before = {param_name: param_distribution}, _numbers(trial, {})
            for _ in range(_AGAIN):
                value = self._independent.sample_independent(study, trial, param_name, param_distribution)
                plan = before | {param_name: float(param_distribution.to_internal_repr(value))}
                _announce(study, trial, plan)
                if not any(plan == _numbers(other, kinds) for other in _others(study, trial)):
                    break
        return value

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the parameters of the most promising candidate.

        Raises:
            ValueError: the study has several objectives.
            PluginError: the predictor raised, or returned NaN.
        """
        self._raise_error_if_multi_objective(study)
        if not search_space:
            return {}
        with self._lock:
            for attempt in range(_AGAIN):
                before = _others(study, trial)
                # Two that had one idea would have the next in common too: a draw of the trial's own parts them.
                own = np.random.default_rng([trial.number, attempt]) if attempt else None
                domain, row = self._suggested(study, before, search_space, own)
                plan = dict(zip(domain.names, row[0].tolist(), strict=True))
                _announce(study, trial, plan)
                # Another process may have announced the same in the meantime; the later of the two sees both.
                same = [
                    sum(plan.items() <= _numbers(other, search_space).items() for other in others)
                    for others in (before, _others(study, trial))
                ]
                if same[0] == same[1]:
                    break
        return domain.params(row)

    def _suggested(
        self,
        study: Study,
        others: Sequence[FrozenTrial],
        search_space: dict[str, BaseDistribution],
        own: np.random.Generator | None = None,
    ) -> tuple[Domain, Points]:
        """Return what is searched, and the most promising row; a random one with a generator of its `own`."""
        done = [
            t for t in others if t.params and t.state in _FINISHED and t.value is not None and np.isfinite(t.value)
        ]
        domain = self._settle(search_space, done)
        tried = domain.rows(t.params for t in others if t.params and t.state not in _AHEAD)
        ahead = domain.rows_of_numbers(
            plan for t in others if t.state in _AHEAD and (plan := _numbers(t, search_space))
        )
        finished = domain.rows(t.params for t in done)
        ahead = domain.masked(ahead, finished) if len(ahead) else ahead
        seen = np.concatenate([tried, ahead])
        if own is not None or len(done) < self.startup or self._rng.random() < self.explore:
            return domain, self._random(domain, seen, own or self._rng)
        sign = 1.0 if study.direction == StudyDirection.MAXIMIZE else -1.0
        values = kept([sign * t.value for t in done if t.value is not None], [t.constraints for t in done])
        plateau = self._plateau(finished, values)
        if len(plateau) and self._rng.random() < _AT_RANDOM:
            return domain, self._random(domain, seen, self._rng)
        rows = np.concatenate([finished, ahead])
        scores = warped(np.concatenate([values, np.full(len(ahead), np.median(values))]))
        predictor = self._fresh_predictor()
        scoring.fit(predictor, domain.encode(rows), scores)

        def worth(features: Floats) -> Scores:
            if self.acquisition in UNCERTAIN:
                mean, std = scoring.predict_with_std(predictor, features)
            else:
                mean, std = scoring.predict(predictor, features), np.zeros(0)
            return ACQUISITIONS[self.acquisition](mean, std, float(scores.max()), self._rng)

        return domain, self._best(domain, rows, scores, seen, worth, plateau)

    def _plateau(self, rows: Points, values: Scores) -> Points:
        """Return the rows of the best value where they are many and the next suggestion is to be elsewhere."""
        best: Points = rows[values == values.max()]
        return best if len(best) >= _PLATEAU and self._rng.random() < _AWAY else best[:0]

    def _settle(self, space: dict[str, BaseDistribution], trials: Sequence[FrozenTrial]) -> Domain:
        """Return what is searched, the same object as long as it does not change: it may hold all of a grid."""
        conditional = [name for name in space if any(name not in trial.params for trial in trials)]
        domain = Domain(space, conditional)
        if domain != self._domain:
            self._domain = domain
        return self._domain

    def _random(self, domain: Domain, seen: Points, rng: np.random.Generator) -> Points:
        """Return a random row, of a grid one that is new."""
        if domain.grid is None:
            return domain.sample(1, rng)
        chosen: Points = domain.grid[rng.choice(domain.unseen(seen), 1)]
        return chosen

    def _best(
        self,
        domain: Domain,
        rows: Points,
        scores: Scores,
        seen: Points,
        worth: Callable[[Floats], Scores],
        plateau: Points,
    ) -> Points:
        """Return the most promising new row, outside of a plateau if there is one."""
        if domain.grid is not None:
            new = domain.unseen(seen)
            outside = ~domain.within(domain.grid[new], plateau)
            new = new[outside] if outside.any() else new
            return domain.grid[new[[np.argmax(worth(domain.grid_features[new]))]]]
        half = self.candidates // 2
        parents, pool = rows[top(scores, _PARENTS)], [domain.sample(self.candidates - half, self._rng)]
        found, values = pool[0][:0], np.zeros(0)
        for _ in range(_GENERATIONS):
            pool.append(domain.mutate(parents[self._rng.integers(0, len(parents), half)], self._rng))
            drawn = np.concatenate(pool)
            masked = domain.masked(drawn, rows)
            fresh = ~isin(masked, seen) & ~domain.within(masked, plateau)
            if not fresh.any():
                break
            found = np.concatenate([found, drawn[fresh]])
            values = np.concatenate([values, worth(domain.encode(masked[fresh]))])
            parents, pool = found[top(values, _PARENTS)], []
        return found[[np.argmax(values)]] if len(found) else domain.sample(1, self._rng)

    def _fresh_predictor(self) -> Predictor:
        predictor: Any = scoring.fresh(self.predictor)
        scoring.seed(predictor, lambda: int(self._rng.integers(2**31)))
        fresh: Predictor = predictor
        return fresh


def _others(study: Study, trial: FrozenTrial) -> list[FrozenTrial]:
    """Return the other trials as they are now."""
    return [other for other in study._get_trials(deepcopy=False) if other.number != trial.number]


def _numbers(trial: FrozenTrial, kinds: Mapping[str, BaseDistribution]) -> dict[str, float]:
    """Return the parameters that a trial has or is going to have, as Optuna's numbers."""
    numbers: dict[str, float] = {}
    if trial.state in _AHEAD:
        numbers |= trial.system_attrs.get(_PLAN, {})
        for name, value in trial.system_attrs.get("fixed_params", {}).items():  # of trials that the user queues up
            with suppress(ValueError, TypeError, KeyError):  # what is no value of it Optuna draws anew
                numbers[name] = float(kinds[name].to_internal_repr(value))
    return numbers | {name: kind.to_internal_repr(trial.params[name]) for name, kind in trial.distributions.items()}


def _announce(study: Study, trial: FrozenTrial, plan: dict[str, float]) -> None:
    """Write into a trial what it is going to try."""
    study._storage.set_trial_system_attr(trial._trial_id, _PLAN, plan)
