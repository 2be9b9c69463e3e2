"""The search loop over a storage: every evaluation a trial, any number of workers, resumed after anything."""

import time
from collections.abc import Iterable
from uuid import uuid4

import numpy as np
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from ...account import LEAST
from ...contracts import Benchmark, Strategy
from ...errors import PluginError, WeaknasError
from ...loop import (
    REPEATS,
    Callback,
    Interrupted,
    Progress,
    StopSearch,
    check_budget,
    check_parts,
    evaluated,
    share_of,
    told,
)
from ...measurements import Report
from ...result import Result
from .address import hidden
from .backend import close, storage_at, unreachable
from .identity import begun, check_contents, identity_of
from .ledger import Entry, Ledger

__all__ = ["search"]

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
        which = f"the study {name!r} in {hidden(storage)}"
        directions = [metric.direction for metric in benchmark.objectives]
        shared, joined = begun(opened, name, which, identity_of(benchmark, strategy), directions)
        ledger = Ledger(shared, benchmark, budget, lambda fidelity: share_of(benchmark, strategy, fidelity))
        if joined:
            strategy.rng = np.random.default_rng([strategy.seed, uuid4().int])
            ledger.read()
            check_contents(benchmark, shared, ledger.entries, which)
        return _Worker(benchmark, strategy, ledger, several).run()
    except (StorageInternalError, SQLAlchemyError) as error:
        raise unreachable(storage, error) from None
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
            if entry.scores is not None and name not in self._told:
                scores = np.array([entry.scores] if self.benchmark.also else entry.scores)
                self.strategy.tell(entry.arch, told(self.benchmark, self.strategy, scores), entry.fidelity)
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
            scores = np.full((1, len(self.benchmark.objectives)) if self.benchmark.also else 1, np.nan)
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
