"""The search loop: ask, evaluate, tell, and keep the account."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from .account import LEAST, Account, finite
from .contracts import Ask, Benchmark, Strategy
from .errors import BudgetError, InvalidOption, PluginError, WeaknasError
from .measurements import Measurements
from .past import Source, known_of, read_past
from .result import Result
from .spaces import Batch

__all__ = ["Callback", "Interrupted", "Progress", "StopSearch", "search"]

REPEATS = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search stands after a round.

    Attributes:
        queries: what was paid for so far, in full trainings.
        budget: how much may be paid.
        best: the best score so far, in the metric's unit; NaN if every evaluation failed.
        batch: `(n, d)` architectures of this round.
        scores: `(n,)` their scores, `(n, 1 + k)` where the benchmark has k further objectives.
        fidelity: at which they were evaluated, in epochs; None for the full one.
    """

    queries: float
    budget: int
    best: float
    batch: Batch
    scores: NDArray[np.float64]
    fidelity: int | None = None


Callback = Callable[[Progress], object]


class StopSearch(Exception):
    """Raised by a callback to end the search; what was found so far is the result."""


class Interrupted(KeyboardInterrupt):
    """A search was interrupted, by Ctrl-C for one.

    Attributes:
        result: what it had found.
    """

    def __init__(self, result: Result, *why: object) -> None:
        super().__init__(*why, f"after {len(result.history)} evaluations; what was found by then is the result")
        self.result = result


def search(
    benchmark: Benchmark,
    strategy: Strategy,
    budget: int,
    *,
    prior: Source | Sequence[Source] | None = None,
    resume_from: Result | str | Path | None = None,
    callbacks: Iterable[Callback] = (),
) -> Result:
    """Run a strategy on a benchmark until the budget is spent or the space exhausted.

    A query is an architecture that this search has not evaluated yet; a repeated one costs nothing. At a lower
    fidelity it costs that share of a query: 12 of 200 epochs are 0.06, and where a benchmark is `resumable` going on
    from there costs the other 0.94.

    Args:
        benchmark: where architectures are evaluated.
        strategy: a fresh strategy over `benchmark.space`, or a part of it.
        budget: how many architectures may be evaluated at full fidelity.
        prior: what was learned before, on other data or in a space that overlaps, to be guided by at first: a saved
            result, a table, or several in a list (see `weaknas.past.read_past`).
        resume_from: a result of the same benchmark, or its file: its evaluations are the first of this search, are
            told to the strategy, and count towards the budget.
        callbacks: called with a `Progress` after every round; one that raises `StopSearch` ends the search.

    Raises:
        InvalidOption: what should be a benchmark, a strategy or a callback is none; a prior that cannot be used, or
            a result of another benchmark.
        BudgetError: the budget is not a whole number from 1 to the number of architectures, or spent already.
        Interrupted: Ctrl-C; the exception's `result` is what was found so far.
        PluginError: the benchmark does not return a score for each architecture; the strategy asks for too many, for
            none, for nothing but old ones, or for a fidelity that the benchmark does not have.

    Example:
        >>> import weaknas
        >>> bench = weaknas.benchmark("digits")
        >>> strategy = weaknas.strategy("random", bench.space, seed=0)
        >>> len(weaknas.search(bench, strategy, budget=20).history)
        20
    """
    several = check_parts(benchmark, strategy, callbacks)
    rounds = Rounds(benchmark, strategy, check_budget(budget, benchmark), several)
    if prior is not None:
        strategy.inform(read_past(prior, benchmark))
    if resume_from is not None:
        rounds.resume(resume_from)
    return run(rounds)


class Rounds:
    """A search, round by round.

    Attributes:
        account: what was paid for.
        evaluating: seconds of evaluations.
        workers: that are simulated; None without them.
    """

    workers: int | None = None

    def __init__(self, benchmark: Benchmark, strategy: Strategy, budget: int, callbacks: list[Callback]) -> None:
        self.benchmark = benchmark
        self.strategy = strategy
        self.budget = budget
        self.callbacks = callbacks
        self.account = Account(benchmark, benchmark.resumable)
        self.evaluating = 0.0
        self._least = min((share_of(benchmark, strategy, epochs) for epochs in strategy.fidelities), default=1.0)
        self._idle = 0

    def round(self) -> bool:
        """Ask, evaluate and tell; False where the budget is spent or the strategy has no more to ask for."""
        asked = self._asked(self.budget - self.account.spent, self.strategy.wants)
        if asked is None or not len(asked.batch):
            return False
        batch, fidelity = asked
        step = self.benchmark.at_once or len(batch)
        new, parts = 0, []
        for start in range(0, len(batch), step):  # an interrupt loses no more than one step
            part = batch[start : start + step]
            measured = self._evaluated(part, fidelity)
            new += self.account.enter(part, self._codes(part), measured, fidelity, self._share(fidelity))
            parts.append(measured.scores)
        self._tell(batch, np.concatenate(parts), fidelity, new)
        return True

    def resume(self, result: Result | str | Path) -> None:
        """Enter what a result of the same benchmark paid for, and tell the strategy.

        Raises:
            InvalidOption: it is a result of another benchmark, or of a fidelity that the strategy does not use.
            BudgetError: it has spent the budget.
        """
        for batch, measured, fidelity in known_of(result, self.benchmark):
            codes, share = self._codes(batch), self._share(fidelity)
            _, earlier = self.account.paid_before(codes, share)  # a history has the seconds that were paid
            whole = replace(measured, train_seconds=measured.train_seconds + earlier)
            self.account.enter(batch, codes, whole, fidelity, share)
            self.strategy.tell(batch, told(self.benchmark, self.strategy, measured.scores), fidelity)
        if self.budget - self.account.spent <= LEAST:
            raise BudgetError(
                f"the result has spent {self.account.spent:g} already, which count towards the budget of "
                f"{self.budget:,}; give a larger one."
            )

    def _asked(self, left: float, n: int) -> Ask | None:
        """Return what the strategy asks for and can be paid; None if nothing can.

        Args:
            left: what may be spent, in full trainings.
            n: how many architectures are wanted.
        """
        if left <= LEAST:
            return None
        most = max(1, int(left / self._least + LEAST))
        batch, fidelity = self.strategy.ask(min(n, most))
        if len(batch) > most:
            raise PluginError(f"the strategy {self.strategy.name} asked for {len(batch)} architectures, {most} left.")
        share = self._share(fidelity)
        if not self.benchmark.resumable:
            payable = int(left / share + LEAST)
        else:
            prices = share - self.account.paid_before(self._codes(batch), share)[0]
            payable = int((np.cumsum(prices) <= left + LEAST).sum())
        return Ask(batch[:payable], fidelity) if payable or not len(batch) else None

    def _tell(self, batch: Batch, scores: NDArray[np.float64], fidelity: int | None, new: int) -> None:
        """Tell the strategy the scores of a batch, of which some are new, and call those who want to know."""
        self.strategy.tell(batch, told(self.benchmark, self.strategy, scores), fidelity)
        self._idle = 0 if new else self._idle + 1
        if self._idle == REPEATS:
            raise PluginError(f"the strategy {self.strategy.name} asked {REPEATS} times in a row for nothing new.")
        for callback in self.callbacks:
            callback(Progress(self.account.spent, self.budget, self.account.best, batch, scores, fidelity))

    def _evaluated(self, part: Batch, fidelity: int | None) -> Measurements:
        before = perf_counter()
        measured = evaluated(self.benchmark, part, fidelity)
        self.evaluating += perf_counter() - before
        return measured

    def _codes(self, batch: Batch) -> NDArray[np.uint64]:
        space = self.benchmark.space
        return space.code(space.as_batch(batch))

    def _share(self, fidelity: int | None) -> float:
        return share_of(self.benchmark, self.strategy, fidelity)


def run(rounds: Rounds) -> Result:
    """Go round until the search is over, and return what it found.

    Raises:
        Interrupted: Ctrl-C; the exception's `result` is what was found so far.
        WeaknasError: what ended the search; its `found` is what was found so far.
    """
    benchmark, strategy, account = rounds.benchmark, rounds.strategy, rounds.account
    started, stopped = perf_counter(), None
    try:
        while rounds.round():
            pass
    except StopSearch:
        pass
    except (KeyboardInterrupt, WeaknasError) as error:
        stopped = error
    if not account.batches:
        raise stopped or PluginError(f"the strategy {strategy.name} asked for no architecture at all.")
    overhead = perf_counter() - started - rounds.evaluating
    report = benchmark.report(account.batch)
    result = account.result(benchmark, strategy, rounds.budget, overhead, report, rounds.workers)
    if isinstance(stopped, KeyboardInterrupt):
        raise Interrupted(result, *stopped.args) from stopped
    if stopped is not None:
        stopped.found = result
        raise stopped
    return result


def evaluated(benchmark: Benchmark, batch: Batch, fidelity: int | None) -> Measurements:
    """Return what a benchmark measures; an infinite score is a failed evaluation.

    Raises:
        PluginError: it does not return one score and one cost for each architecture.
    """
    measured = benchmark.evaluate(batch, fidelity)
    try:
        scores, seconds = (np.asarray(values, float) for values in (measured.scores, measured.train_seconds))
    except (AttributeError, TypeError, ValueError):
        raise PluginError(
            f"{benchmark.name} returned {type(measured).__name__}, not Measurements of numbers."
        ) from None
    several = (len(benchmark.objectives),) if benchmark.also else ()
    if scores.shape != (len(batch), *several) or seconds.shape != (len(batch),):
        shapes = f"{scores.shape} and {seconds.shape}"
        raise PluginError(
            f"{benchmark.name} returned scores and seconds of shapes {shapes} for {len(batch)} architectures."
        )
    return Measurements(finite(scores), np.where(seconds >= 0, finite(seconds), np.nan), measured.estimated)


def told(benchmark: Benchmark, strategy: Strategy, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores as a strategy is told them: higher is better, and without the costs that it knows anyway."""
    if not benchmark.also:
        turned: NDArray[np.float64] = benchmark.metric.oriented(scores)
        return turned
    pairs = zip(benchmark.objectives, scores.T, strict=True)
    columns = [metric.oriented(column) for metric, column in pairs if metric.valid not in strategy.costs]
    return np.stack(columns, axis=1) if len(columns) > 1 else columns[0]


def share_of(benchmark: Benchmark, strategy: Strategy, fidelity: int | None) -> float:
    """Return what an evaluation costs, in full trainings.

    Raises:
        PluginError: the benchmark does not have the fidelity.
    """
    if fidelity is None:
        return 1.0
    if fidelity not in benchmark.fidelities:
        known = ", ".join(map(str, benchmark.fidelities)) or "none"
        raise PluginError(
            f"the strategy {strategy.name} asked for fidelity {fidelity}; {benchmark.name} has {known} (epochs): give "
            "the strategy its option fidelities."
        )
    return fidelity / benchmark.fidelities[-1]


def check_parts(benchmark: Benchmark, strategy: Strategy, callbacks: Iterable[Callback]) -> list[Callback]:
    """Return the callbacks as a list, if all parts of a search are what they should be.

    Raises:
        InvalidOption: what should be a benchmark, a strategy or a callback is none.
    """
    if not isinstance(benchmark, Benchmark) or not isinstance(strategy, Strategy):
        raise InvalidOption(
            "search takes a benchmark and then a strategy, as weaknas.benchmark and weaknas.strategy make them, not "
            f"{type(benchmark).__name__} and {type(strategy).__name__}."
        )
    paid = [metric for metric in benchmark.objectives if metric.valid not in strategy.costs]
    if len(paid) != strategy.objectives:
        names = ", ".join(metric.name for metric in paid)
        raise InvalidOption(
            f"the strategy {strategy.name} is told {strategy.objectives} of each architecture's scores, and "
            f"{benchmark.name} has {len(paid)} ({names}); nsga2, weaknas-pareto and random take several "
            f"(objectives={len(paid)}), scalarized:NAME makes one of them."
        )
    several = list(callbacks) if isinstance(callbacks, Iterable) else [None]
    if not all(callable(callback) for callback in several):
        raise InvalidOption(f"callbacks are a list of functions of a Progress, not {callbacks!r}.")
    return several


def check_budget(budget: object, benchmark: Benchmark) -> int:
    """Return the budget as a number.

    Raises:
        BudgetError: the budget is not a whole number from 1 to the number of architectures.
    """
    if isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1:
        raise BudgetError(f"a budget is a whole number of evaluations from 1, not {budget!r}.")
    if budget > benchmark.space.size:
        raise BudgetError(
            f"a budget of {budget:,} is more than the {benchmark.space.size:,} architectures of {benchmark.name}."
        )
    return int(budget)
