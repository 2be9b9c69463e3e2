"""Any sampler of Optuna as a strategy: `optuna:tpe`."""

import contextlib
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import optuna
from numpy.typing import ArrayLike
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.trial import TrialState

from ..contracts import Ask
from ..doors import unknown
from ..errors import InvalidArchitecture, InvalidOption, PluginError
from ..spaces import Batch, Space
from ..strategies.tradeoff import Tradeoff
from .params import Params, quiet

__all__ = ["SAMPLERS", "OptunaStrategy", "named"]

SAMPLERS: dict[str, type[BaseSampler]] = {
    "cmaes": CmaEsSampler,
    "gp": GPSampler,
    "nsgaii": NSGAIISampler,
    "random": RandomSampler,
    "tpe": TPESampler,
}
_RELATIVES = 32  # of a suggestion that is invalid or known, at each of several distances
_HALVINGS = 6


class OptunaStrategy(Tradeoff):
    """A sampler of Optuna over the choices of a space.

    Optuna knows neither which combinations are architectures nor that each is to be asked for once. A suggestion that
    is invalid or known gives way to the nearest new architecture, by the number of choices that differ: the nearest of
    all where the space can be written out, else of 200 children of the suggestion and random architectures. The
    sampler is told what became of its suggestion. Choices are categories; for CMA-ES, which knows none, they are
    integers.

    The trials are kept in memory. A suggestion costs some milliseconds, more with more trials; `gp` costs the most.

    Args:
        space: the architectures to choose from.
        sampler: `cmaes`, `gp` (needs torch), `nsgaii`, `random` or `tpe`, with the defaults of Optuna; or a sampler
            made by the user, which then has its own seed.
        objectives: how many scores are told of an architecture, each to be large; `cmaes` takes one.
        seed: seed of the sampler and of what replaces its suggestions.

    Raises:
        NotFound: there is no such sampler.
        InvalidOption: the sampler takes a single objective, or objectives is no whole number from 1.
        PluginError: it needs a package that is not installed.
    """

    _constant: ClassVar[Iterable[str]] = ("name", "_made", "_params")

    def __init__(
        self, space: Space, sampler: str | BaseSampler = "tpe", *, objectives: int = 1, seed: int = 0
    ) -> None:
        super().__init__(space, seed)
        if isinstance(sampler, str):
            if sampler not in SAMPLERS:
                raise unknown("sampler of Optuna", sampler, SAMPLERS)
            self.sampler, kind = sampler, SAMPLERS[sampler]
            self._made = None
        else:
            self.sampler, kind = type(sampler).__name__, type(sampler)
            self._made = sampler
        self.name = f"optuna:{self.sampler}"
        if issubclass(kind, GPSampler):
            _check_torch(self.name)
        if issubclass(kind, CmaEsSampler) and objectives != 1:
            raise InvalidOption(f"{self.name} takes a single objective; optuna:nsgaii and optuna:tpe take several.")
        self._params = Params(space, ordered=issubclass(kind, CmaEsSampler))
        self._remember(objectives)
        self._study: optuna.Study | None = None
        self._running: dict[int, int] = {}  # trial numbers by identity

    def ask(self, n: int | None = None) -> Ask:
        """Return architectures that the sampler suggests, one by one."""
        found = [self._suggested() for _ in range(self.wants if n is None else n)]
        return Ask(np.concatenate([self._memory.batch[:0], *(arch for arch in found if arch is not None)]))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Tell the sampler; what it did not suggest enters as a trial of its own."""
        ids = self._memory.identify(batch).tolist()
        kept = self._memory.tell(batch, scores, fidelity)
        rows, values = self.space.as_batch(batch), np.asarray(scores, dtype=np.float64)
        study = self._started()
        for i, (identity, good) in enumerate(zip(ids, kept.tolist(), strict=True)):
            number = self._running.pop(identity, None)
            if number is not None:
                state = TrialState.COMPLETE if good else TrialState.FAIL
                study.tell(number, values[i].tolist() if good else None, state=state)
            elif good:
                self._add(rows[i : i + 1], values=np.atleast_1d(values[i]).tolist())

    def reserve(self, batch: Batch, fidelity: int | None = None) -> None:
        """Enter architectures that are evaluated elsewhere as running trials, which samplers account for.

        TPE counts them among the bad ones (a constant liar), the Gaussian process improves on them in expectation.
        """
        ids = self._memory.identify(batch).tolist()
        elsewhere = [i for i, identity in enumerate(ids) if identity not in self._running]
        rows = self.space.as_batch(batch)[elsewhere]
        super().reserve(rows, fidelity)
        for row, i in enumerate(elsewhere):
            self._running[ids[i]] = len(self._started().get_trials(deepcopy=False))
            self._add(rows[row : row + 1], state=TrialState.RUNNING)

    def _started(self) -> optuna.Study:
        """Return the study, made when it is first needed."""
        if self._study is None:
            sampler = self._made
            if sampler is None:
                kind: Any = SAMPLERS[self.sampler]
                silent = {"warn_independent_sampling": False} if self.sampler in ("cmaes", "gp") else {}
                sampler = kind(seed=int(self.rng.integers(2**31)), **silent)
            with quiet():
                self._study = optuna.create_study(directions=["maximize"] * self.objectives, sampler=sampler)
        return self._study

    def _add(self, arch: Batch, **options: Any) -> None:
        """Add a trial that the sampler did not suggest."""
        params = self._params.of(arch)
        self._started().add_trial(
            optuna.create_trial(params=params, distributions=self._params.distributions, **options)
        )

    def _suggested(self) -> Batch | None:
        """Return what the sampler suggests or is nearest to that, marked; None where nothing is new."""
        study = self._started()
        trial = study.ask(self._params.distributions)
        suggestion = self._params.arch(trial.params)
        arch = self._nearest(suggestion)
        if arch is None:
            study.tell(trial, state=TrialState.FAIL)
            return None
        if not np.array_equal(arch, suggestion):
            for (name, kind), option in zip(self._params.distributions.items(), arch[0].tolist(), strict=True):
                study._storage.set_trial_param(trial._trial_id, name, float(option), kind)
        (identity,) = self._memory.identify(arch).tolist()
        self._running[identity] = trial.number
        return self._memory.mark(arch)

    def _nearest(self, suggestion: Batch) -> Batch | None:
        """Return the new architecture that differs from a suggestion in the fewest choices, one of equals."""
        memory = self._memory
        if memory.space.is_valid(suggestion)[0] and memory.is_new(memory.identify(suggestion))[0]:
            return suggestion
        candidates = self._relatives(suggestion) if memory.rows is None else memory.rows.rows
        distance = (candidates != suggestion).sum(axis=1)
        if memory.rows is None:
            candidates = candidates[new := memory.is_new(memory.identify(candidates))]
            distance = distance[new]
        else:
            distance[memory.seen] = len(memory.space.options) + 1
        if not len(candidates) or distance.min() > len(memory.space.options):
            fresh = memory.candidates(1, self.rng)
            return fresh if len(fresh) else None
        at = self.rng.choice(np.flatnonzero(distance == distance.min()))
        nearest: Batch = candidates[at : at + 1]
        return nearest

    def _relatives(self, suggestion: Batch) -> Batch:
        """Return random architectures, and children that share half, three quarters, ... with a suggestion."""
        space = self._memory.space
        found = [space.sample(_RELATIVES, self.rng)]
        same = np.repeat(suggestion, _RELATIVES, axis=0)
        with contextlib.suppress(InvalidArchitecture):  # so near there is no valid one
            for _ in range(_HALVINGS):
                found.append(space.crossover(same, found[-1], self.rng))
        return np.concatenate(found)


def named(*arguments: Any, objectives: int = 1, seed: int = 0) -> OptunaStrategy:
    """Return the strategy `optuna:SAMPLER`, with Optuna's default for `optuna` alone: called `([sampler], space)`."""
    *sampler, space = arguments
    return OptunaStrategy(space, *sampler, objectives=objectives, seed=seed)


def _check_torch(name: str) -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise PluginError(f"the strategy {name} needs torch: pip install 'weaknas[torch]'.") from error
