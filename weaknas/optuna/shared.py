"""The search loop over a storage: every evaluation a trial, any number of workers, resumed after anything."""

import hashlib
import json
import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import numpy as np
import optuna
from optuna.exceptions import DuplicatedStudyError, StorageInternalError
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage
from sqlalchemy.exc import SQLAlchemyError

from ..contracts import Benchmark, Report, Strategy
from ..errors import PluginError, WeaknasError
from ..loop import (
    LEAST,
    REPEATS,
    Callback,
    Interrupted,
    Progress,
    StopSearch,
    check_budget,
    check_parts,
    evaluated,
    share_of,
)
from ..result import Result
from ..spaces import Space
from .ledger import Entry, Ledger
from .params import quiet
from .storage import close, damaged, hidden, storage_at, unreachable

__all__ = ["search"]

_FORMAT = 1
_ATTRIBUTE = "weaknas"
_POLL = 0.5  # seconds between two looks at what others are doing


def search(
    benchmark: Benchmark,
    strategy: Strategy,
    budget: int,
    *,
    storage: str,
    study: str | None = None,
    heartbeat: int = 15,
    callbacks: Iterable[Callback] = (),
) -> Result:
    """Run a strategy on an expensive benchmark, every evaluation a trial of an Optuna study.

    Called again, after it was killed at any moment, it goes on; what was being evaluated is evaluated again. Called in
    several processes, on any machines that reach the storage, they share one search: each asks its own strategy, which
    is told what the others have found (`tell`) and what they are evaluating (`reserve`), one architecture at a time.
    All of them return the same result, when the budget is spent and the last evaluation is in.

    The first process draws with the strategy's seed, as a search without a storage does; those that join or resume
    draw with seeds of their own, so that no two ask for the same. An evaluation that raises is recorded as failed,
    costs what it costs, and the search goes on. For benchmarks that take less than seconds use `weaknas.search`: a
    trial costs some milliseconds and more.

    Args:
        benchmark: where architectures are evaluated.
        strategy: a fresh strategy over `benchmark.space`, or a part of it; all workers make the same one.
        budget: how many architectures may be evaluated at full fidelity, by all workers together. Larger than in an
            earlier call, it extends the search.
        storage: `sqlite:///runs.db`, `postgresql://user@host/database`, or `journal:runs.log` for a file.
        study: the study's name in the storage; by default that of benchmark, strategy and seed.
        heartbeat: seconds between two signs of life of an evaluation; after four missed ones its worker counts as
            dead, and another evaluates it.
        callbacks: called with a `Progress` after every evaluation of this process; one that raises `StopSearch` ends
            this process's part.

    Raises:
        InvalidOption: what should be a benchmark, a strategy or a callback is none.
        Interrupted: Ctrl-C; the exception's `result` is what was found so far, and the storage keeps it.
        BudgetError: the budget is not a whole number from 1 to the number of architectures.
        NotFound: the storage cannot be reached.
        WeaknasError: the study is that of another search, or of a newer version.
        PluginError: the strategy asks for none, for nothing but old ones, or for a fidelity that the benchmark does
            not have.
    """
    several = check_parts(benchmark, strategy, callbacks)
    budget = check_budget(budget, benchmark)
    name = study or f"{benchmark.name}/{strategy.name}/{strategy.seed}"
    opened = storage_at(storage, heartbeat)
    try:
        shared, joined = _begun(
            opened, name, f"the study {name!r} in {hidden(storage)}", _identity(benchmark, strategy)
        )
        if joined:
            strategy.rng = np.random.default_rng([strategy.seed, uuid4().int])
        ledger = Ledger(shared, benchmark.space, budget, lambda fidelity: share_of(benchmark, strategy, fidelity))
        return _Worker(benchmark, strategy, ledger, several).run()
    except (StorageInternalError, SQLAlchemyError) as error:
        raise unreachable(storage, error) from error
    except json.JSONDecodeError as error:
        raise damaged(storage) from error
    finally:
        close(opened)


class _Worker:
    """One process of a search."""

    def __init__(self, benchmark: Benchmark, strategy: Strategy, ledger: Ledger, callbacks: list[Callback]) -> None:
        self.benchmark = benchmark
        self.strategy = strategy
        self.ledger = ledger
        self.callbacks = callbacks
        self._reserved: set[tuple[int, int | None]] = set()  # what the strategy asked for itself, too
        self._told: set[tuple[int, int | None]] = set()
        self._away = 0.0  # seconds of evaluating and waiting
        self._idle = 0

    def run(self) -> Result:
        """Ask and evaluate until the budget is spent and nothing runs any more."""
        started, interrupt = time.perf_counter(), None
        try:
            while self._go_on():
                pass
        except StopSearch:
            pass
        except KeyboardInterrupt as error:
            interrupt = error
        account, tests = self.ledger.account()
        if not account.batches:
            raise interrupt or PluginError(f"the strategy {self.strategy.name} asked for no architecture at all.")
        optimum = self.benchmark.report(account.batch[:1]).optimum
        report = Report(np.full(len(tests), np.nan), np.array(tests), optimum)
        overhead = time.perf_counter() - started - self._away
        result = account.result(self.benchmark, self.strategy, self.ledger.budget, overhead, report)
        if interrupt is not None:
            raise Interrupted(result, *interrupt.args) from interrupt
        return result

    def _go_on(self) -> bool:
        """Evaluate what waits, ask for more, or wait for others; False where all is done."""
        self.ledger.refresh()
        self._inform()
        if (entry := self.ledger.take()) is not None:
            self._evaluate(entry)
        elif not self._ask():
            if not self.ledger.pending:
                return False
            time.sleep(_POLL)
            self._away += _POLL
        return True

    def _inform(self) -> None:
        """Tell the strategy what has been found and what is under way, by whomever."""
        for entry in self.ledger.entries:
            name = (entry.code, entry.fidelity)
            if entry.score is not None and name not in self._told:
                self.strategy.tell(entry.arch, [entry.score], entry.fidelity)
                self._told.add(name)
            elif name not in self._reserved and name not in self._told:
                self.strategy.reserve(entry.arch, entry.fidelity)
            self._reserved.add(name)

    def _ask(self) -> bool:
        """Enter what the strategy asks for; False where it asks for nothing or the budget does not allow it."""
        left = self.ledger.left
        if left <= LEAST:
            return False
        arch, fidelity = self.strategy.ask(1)
        if not len(arch) or share_of(self.benchmark, self.strategy, fidelity) > left + LEAST:
            return False
        name = (int(self.ledger.space.code(arch)[0]), fidelity)
        self._idle = self._idle + 1 if name in self._reserved else 0
        if self._idle == REPEATS:
            raise PluginError(f"the strategy {self.strategy.name} asked {REPEATS} times in a row for nothing new.")
        if not self._idle:
            self._reserved.add(name)
            self.ledger.enter(arch, fidelity)
        return True

    def _evaluate(self, entry: Entry) -> None:
        before = time.perf_counter()
        try:
            with self.ledger.alive(entry):
                measured = evaluated(self.benchmark, entry.arch, entry.fidelity)
                report = self.benchmark.report(entry.arch)
        except WeaknasError:  # the user's mistake, not the architecture's
            self.ledger.give_back(entry)
            raise
        except Exception as error:
            self.ledger.fail(entry, error)
            scores = np.array([np.nan])
        except BaseException:
            self.ledger.give_back(entry)
            raise
        else:
            self.ledger.complete(entry, measured, report)
            scores = measured.scores
        self._away += time.perf_counter() - before
        self.ledger.refresh()
        account, _ = self.ledger.account()
        for callback in self.callbacks:
            stand = account.spent, self.ledger.budget, account.best
            callback(Progress(*stand, entry.arch, scores, entry.fidelity))


# -- whose study it is ----------------------------------------------------------------------------------


def _begun(storage: BaseStorage, name: str, which: str, identity: dict[str, Any]) -> tuple[optuna.Study, bool]:
    """Return the study of a search, and whether it was there before.

    Raises:
        WeaknasError: the study is that of another search, or of a newer version.
    """
    sampler = RandomSampler()  # never asked
    with quiet():
        try:
            study = optuna.create_study(storage=storage, sampler=sampler, study_name=name, direction="maximize")
            joined = False
        except DuplicatedStudyError:
            study = optuna.load_study(storage=storage, sampler=sampler, study_name=name)
            joined = True
    # In this order: whoever begins a search beside us says whose the study is before it enters the first trial.
    trials = study.get_trials(deepcopy=False)
    stored = study.user_attrs.get(_ATTRIBUTE)
    if stored is not None:
        _check_same(stored, identity, which)
    elif trials:
        raise WeaknasError(f"{which} is no search of weaknas; name another study.")
    else:
        study.set_user_attr(_ATTRIBUTE, identity)
    return study, joined


def _check_same(stored: dict[str, Any], identity: dict[str, Any], which: str) -> None:
    if stored["format"] > _FORMAT:
        raise WeaknasError(f"{which} was written by a newer version of weaknas; upgrade, or name another study.")
    for part, mine in identity.items():
        if stored[part] != mine:
            raise WeaknasError(
                f"{which} was begun with the {part} {_short(stored[part])}, not {_short(mine)}; name another study."
            )


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _identity(benchmark: Benchmark, strategy: Strategy) -> dict[str, Any]:
    """Return what makes a search this one: what must be the same in every worker."""
    plain = {key: value for key, value in vars(benchmark).items() if isinstance(value, str | int | float | None)}
    public = {key: value for key, value in plain.items() if not key.startswith("_")}
    identity = {
        "format": _FORMAT,
        "benchmark": benchmark.name,
        "benchmark's options": public,
        "space": _description(strategy.space),
        "strategy": strategy.name,
        "predictor": strategy.predictor_name,
        "options": strategy.options,
        "seed": strategy.seed,
    }
    plain_json: dict[str, Any] = json.loads(json.dumps(identity, default=repr))
    return plain_json


def _description(space: Space) -> str:
    """Return a space's name, its size, and a digest of some of its architectures."""
    texts = "\n".join(space.to_str(space.sample(32, np.random.default_rng(0))))
    digest = hashlib.blake2b(texts.encode(), digest_size=4).hexdigest()
    return f"{space.name} of {space.size:,} rows ({digest})"
