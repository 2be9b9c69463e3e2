"""The search loop: ask, evaluate, tell, and keep the account."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from .contracts import Benchmark, Report, Strategy
from .errors import BudgetError, PluginError
from .result import Result
from .spaces import Batch

__all__ = ["Callback", "Progress", "search"]

_REPEATS = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search stands after a round.

    Attributes:
        queries: architectures paid for so far.
        budget: how many may be paid for.
        best: the best score so far, percent; NaN if every evaluation failed.
        batch: `(n, d)` architectures of this round.
        scores: `(n,)` their scores.
    """

    queries: int
    budget: int
    best: float
    batch: Batch
    scores: NDArray[np.float64]


Callback = Callable[[Progress], object]


def search(benchmark: Benchmark, strategy: Strategy, budget: int, *, callbacks: Iterable[Callback] = ()) -> Result:
    """Run a strategy on a benchmark until the budget is spent or the space exhausted.

    A query is an architecture that this search has not evaluated yet; a repeated one costs nothing.

    Args:
        benchmark: where architectures are evaluated.
        strategy: a fresh strategy over `benchmark.space`.
        budget: how many architectures may be evaluated.
        callbacks: called with a `Progress` after every round.

    Raises:
        BudgetError: the budget is not a whole number from 1 to the number of architectures.
        PluginError: the strategy asks for too many architectures, for none, or for nothing but old ones.

    Example:
        >>> import weaknas
        >>> bench = weaknas.benchmark("nasbench201/cifar100")
        >>> strategy = weaknas.strategy("random", bench.space, seed=0)
        >>> len(weaknas.search(bench, strategy, budget=20).history)
        20
    """
    budget = check_budget(budget, benchmark)
    callbacks = list(callbacks)
    account = _Account()
    started, evaluating, idle = perf_counter(), 0.0, 0
    while account.queries < budget:
        left = budget - account.queries
        ask = strategy.ask(min(strategy.wants, left))
        if not len(ask.batch):
            break
        if len(ask.batch) > left:
            raise PluginError(f"the strategy {strategy.name} asked for {len(ask.batch)} architectures, {left} left.")
        before = perf_counter()
        measured = benchmark.evaluate(ask.batch, ask.fidelity)
        evaluating += perf_counter() - before
        strategy.tell(ask.batch, measured.scores, ask.fidelity)
        codes = benchmark.space.code(benchmark.space.as_batch(ask.batch))
        new = account.enter(ask.batch, codes, measured.scores, measured.train_seconds)
        account.estimated |= measured.estimated
        idle = 0 if new else idle + 1
        if idle == _REPEATS:
            raise PluginError(f"the strategy {strategy.name} asked {idle} times in a row for nothing new.")
        for callback in callbacks:
            callback(Progress(account.queries, budget, account.best, ask.batch, measured.scores))
    overhead = perf_counter() - started - evaluating
    return _result(benchmark, strategy, budget, account, overhead)


def check_budget(budget: object, benchmark: Benchmark) -> int:
    """Return the budget as a number.

    Raises:
        BudgetError: it is not a whole number from 1 to the number of architectures.
    """
    if isinstance(budget, bool) or not isinstance(budget, int | np.integer) or budget < 1:
        raise BudgetError(f"a budget is a whole number of evaluations from 1, not {budget!r}.")
    if budget > benchmark.space.size:
        raise BudgetError(
            f"a budget of {budget:,} is more than the {benchmark.space.size:,} architectures of {benchmark.name}."
        )
    return int(budget)


class _Account:
    """What was paid for, in order."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.scores: list[NDArray[np.float64]] = []
        self.train_seconds: list[NDArray[np.float64]] = []
        self.estimated = False
        self.queries = 0
        self.best = float("nan")
        self._codes: set[int] = set()

    def enter(
        self,
        batch: Batch,
        codes: NDArray[np.uint64],
        scores: NDArray[np.float64],
        train_seconds: NDArray[np.float64],
    ) -> int:
        """Enter the architectures that are new, and return how many."""
        new = []
        for i, code in enumerate(codes.tolist()):
            if code not in self._codes:
                self._codes.add(code)
                new.append(i)
        self.batches.append(batch[new])
        self.scores.append(scores[new])
        self.train_seconds.append(train_seconds[new])
        self.queries += len(new)
        self.best = float(np.fmax.reduce(scores[new], initial=self.best))
        return len(new)


def _result(benchmark: Benchmark, strategy: Strategy, budget: int, account: _Account, overhead: float) -> Result:
    import pandas as pd

    if not account.batches:
        raise PluginError(f"the strategy {strategy.name} asked for no architecture at all.")
    batch = np.concatenate(account.batches)
    report: Report = benchmark.report(batch)
    known = {"valid_acc": np.full(len(batch), np.nan), "test_acc": report.test_acc}
    known[benchmark.objective] = np.concatenate(account.scores)
    history = pd.DataFrame(
        {
            "benchmark": benchmark.name,
            "dataset": benchmark.dataset,
            "strategy": strategy.name,
            "predictor": strategy.predictor_name,
            "options": json.dumps(strategy.options, sort_keys=True, default=repr),
            "seed": strategy.seed,
            "query": np.arange(1, len(batch) + 1),
            "arch": benchmark.space.to_str(batch),
            "valid_acc": known["valid_acc"],
            "test_acc": known["test_acc"],
            "train_seconds": np.concatenate(account.train_seconds),
        }
    )
    return Result(
        benchmark=benchmark.name,
        dataset=benchmark.dataset,
        strategy=strategy.name,
        predictor=strategy.predictor_name,
        options=json.loads(history["options"].iloc[0]),
        seed=strategy.seed,
        budget=budget,
        objective=benchmark.objective,
        optimum=report.optimum,
        history=history,
        overhead_seconds=overhead,
        estimated=account.estimated,
    )
