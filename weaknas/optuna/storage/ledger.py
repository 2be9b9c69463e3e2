"""The trials of an expensive search: what all its workers share."""

import os
import socket
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning, UpdateFinishedTrialError
from optuna.storages import fail_stale_trials
from optuna.storages._heartbeat import BaseHeartbeat, BaseHeartbeatThread, get_heartbeat_thread
from optuna.trial import FrozenTrial, TrialState

from ...account import LEAST, Account
from ...contracts import Benchmark
from ...errors import WeaknasError
from ...measurements import Measurements, Report
from ...spaces import Batch
from ..params import Params
from .backend import GRACE, RETRIES, reading, retry

__all__ = ["Entry", "Ledger"]

_FAILURE, _WITHDRAWN = "failure", "withdrawn"
_DONE = (TrialState.COMPLETE, TrialState.FAIL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A trial that counts.

    Attributes:
        trial: the trial.
        arch: its architecture, a batch of one.
        code: the architecture's code.
        fidelity: at which it is evaluated, None for full.
        cost: in full trainings.
        scores: of each objective, NaN for a failed evaluation; None while it waits or runs.
    """

    trial: FrozenTrial
    arch: Batch
    code: int
    fidelity: int | None
    cost: float
    scores: tuple[float, ...] | None


class Ledger:
    """What was evaluated, is being evaluated and waits to be, in the order in which it was asked for.

    An evaluation is a trial: it waits, runs, and is complete or has failed. A worker enters what its strategy asks for
    as a waiting trial; whoever comes first takes it. A trial whose worker died fails and waits again under a new
    number. What two workers asked for at the same moment, or beyond the budget, is withdrawn by whoever meets it: the
    trial of the lowest number counts. So nothing is evaluated twice, and no more than the budget.

    Args:
        study: the study that holds the trials.
        benchmark: where they are evaluated.
        budget: how much may be evaluated, in full trainings.
        cost_of: from a fidelity to its cost, in full trainings.
    """

    def __init__(
        self, study: optuna.Study, benchmark: Benchmark, budget: int, cost_of: Callable[[int | None], float]
    ) -> None:
        self.study = study
        self.benchmark = benchmark
        self.space = benchmark.space
        self.budget = budget
        self.cost_of = cost_of
        self._storage = study._storage
        assert isinstance(self._storage, BaseHeartbeat)
        self._grace = GRACE * (self._storage.get_heartbeat_interval() or 0)
        self._params = Params(self.space)
        self.entries: list[Entry] = []

    @property
    def left(self) -> float:
        """What may still be asked for, in full trainings."""
        return self.budget - sum(entry.cost for entry in self.entries)

    @property
    def pending(self) -> bool:
        """Whether anything waits or runs."""
        return any(entry.scores is None for entry in self.entries)

    def refresh(self) -> None:
        """Read the trials, having queued up again those whose workers died."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            with reading(self.study.study_name):
                fail_stale_trials(self.study)
        self.read()
        for trial in [entry.trial for entry in self.entries]:
            ended = trial.datetime_complete or datetime.now()
            if _lost(trial) and (datetime.now() - ended).total_seconds() > self._grace:
                retry(self.study, trial)  # whoever found it stale died before queueing it up again

    def read(self) -> None:
        """Read the trials, and change none."""
        with reading(self.study.study_name):
            trials = self.study.get_trials(deepcopy=False)
        replaced = {number for trial in trials for number in _history(trial)}
        live = [t for t in trials if t.number not in replaced and _WITHDRAWN not in t.user_attrs]
        self.entries = [self._entry(trial) for trial in live]

    def _entry(self, trial: FrozenTrial) -> Entry:
        try:
            arch = self._params.arch(trial.params)
            fidelity = trial.user_attrs["fidelity"]
        except (KeyError, ValueError) as error:
            raise WeaknasError(
                f"trial {trial.number} of the study {self.study.study_name!r} is none of this search: it has other "
                "parameters; delete it, or name another study."
            ) from error
        failed = (float("nan"),) * len(self.benchmark.objectives)
        scores = tuple(trial.values) if trial.state == TrialState.COMPLETE else failed
        done = trial.state in _DONE and not _lost(trial)
        code = int(self.space.code(arch)[0])
        return Entry(trial, arch, code, fidelity, self.cost_of(fidelity), scores if done else None)

    # -- what a worker does ---------------------------------------------------------------------------

    def enter(self, arch: Batch, fidelity: int | None) -> None:
        """Enter an architecture that a strategy asked for: a waiting trial."""
        (text,) = self.space.to_str(arch)
        trial = optuna.create_trial(
            state=TrialState.WAITING,
            params=self._params.of(arch),
            distributions=self._params.distributions,
            user_attrs={"arch": text, "fidelity": fidelity},
        )
        self.study.add_trial(trial)

    def take(self) -> Entry | None:
        """Take the first waiting trial for this worker, withdrawing those that must not run; None if none waits."""
        known: set[tuple[int, int | None]] = set()
        spent = 0.0
        for entry in self.entries:
            name = (entry.code, entry.fidelity)
            if entry.trial.state == TrialState.WAITING:
                if name in known or spent + entry.cost > self.budget + LEAST:
                    self._finish(entry, TrialState.FAIL, {_WITHDRAWN: True})
                    continue
                if self._start(entry):
                    return entry
            known.add(name)
            spent += entry.cost
        return None

    def alive(self, entry: Entry) -> BaseHeartbeatThread:
        """Return what tells the others, while it is open, that an evaluation goes on."""
        return get_heartbeat_thread(entry.trial._trial_id, self._storage)

    def complete(self, entry: Entry, measured: Measurements, report: Report) -> None:
        """Enter the scores, or that one is missing (NaN, infinity)."""
        scores = np.atleast_1d(measured.scores[0]).tolist()
        seconds, test = float(measured.train_seconds[0]), float(report.test[0])
        name = self.benchmark.metric.test
        facts = {"train_seconds": _known(seconds), name: _known(test), "estimated": measured.estimated}
        if not np.isfinite(scores).all():
            what = "NaN" if np.isnan(scores).any() else "infinity"
            self._finish(entry, TrialState.FAIL, facts | {_FAILURE: f"the benchmark returned {what}"})
        else:
            self._finish(entry, TrialState.COMPLETE, facts, scores)

    def fail(self, entry: Entry, error: Exception) -> None:
        """Enter a failed evaluation."""
        self._finish(entry, TrialState.FAIL, {_FAILURE: f"{type(error).__name__}: {error}"})

    def give_back(self, entry: Entry) -> None:
        """Let others evaluate what this worker was stopped at."""
        if self._finish(entry, TrialState.FAIL, {}):
            retry(self.study, entry.trial)

    def _start(self, entry: Entry) -> bool:
        number = entry.trial._trial_id
        try:
            self._storage.record_heartbeat(number)  # type: ignore[attr-defined]
            if not self._storage.set_trial_state_values(number, TrialState.RUNNING):
                return False
            self._storage.set_trial_user_attr(number, "worker", f"{socket.gethostname()}:{os.getpid()}")
        except UpdateFinishedTrialError:
            return False
        return True

    def _finish(
        self, entry: Entry, state: TrialState, facts: dict[str, Any], values: list[float] | None = None
    ) -> bool:
        """End a trial, with what is to be known of it; False where it was given up in the meantime."""
        try:
            for key, value in facts.items():
                self._storage.set_trial_user_attr(entry.trial._trial_id, key, value)
            return self._storage.set_trial_state_values(entry.trial._trial_id, state, values)
        except UpdateFinishedTrialError:
            return False

    # -- the account ----------------------------------------------------------------------------------

    def account(self) -> tuple[Account, list[float]]:
        """Return the account of what is evaluated, and the values on test that belong to it."""
        account, tests = Account(self.benchmark), []
        for entry in self.entries:
            if entry.scores is None:
                continue
            facts = entry.trial.user_attrs
            scores = np.array([entry.scores] if self.benchmark.also else entry.scores)
            seconds = np.array([_number(facts.get("train_seconds"))])
            measured = Measurements(scores, seconds, facts.get("estimated", False))
            codes = np.array([entry.code], dtype=np.uint64)
            if account.enter(entry.arch, codes, measured, entry.fidelity, entry.cost):
                tests.append(_number(facts.get(self.benchmark.metric.test)))
        return account, tests


def _history(trial: FrozenTrial) -> list[int]:
    """Return the numbers of the trials that this one replaces."""
    numbers: list[int] = trial.system_attrs.get("retry_history", [])
    return numbers


def _lost(trial: FrozenTrial) -> bool:
    """Return whether a trial failed because its worker died, and is to be tried again."""
    return trial.state == TrialState.FAIL and _FAILURE not in trial.user_attrs and len(_history(trial)) < RETRIES


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
