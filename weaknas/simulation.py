"""Simulated workers: evaluations take the seconds that the benchmark knows, and answers arrive in that order."""

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .checks import check_whole
from .contracts import Benchmark, Measurements, Strategy
from .errors import InvalidOption, PluginError
from .loop import Callback, Rounds, check_budget, check_parts, run
from .result import Result
from .spaces import Batch

__all__ = ["check_workers", "simulate"]


def simulate(
    benchmark: Benchmark, strategy: Strategy, budget: int, *, workers: int, callbacks: Iterable[Callback] = ()
) -> Result:
    """Run a strategy on a benchmark as a cluster of workers would, whose clock is the benchmark's training seconds.

    Whenever a worker is free the strategy is asked for one architecture, and told its score when the training would
    have ended; answers that arrive at the same time do so in the order of asking. What is pending the strategy knows,
    for it asked for it. The history is in the order of arrival, and its column `clock_seconds` says when that was.
    No time passes but that of trainings.

    Args:
        benchmark: where architectures are evaluated; it must know how long each of them trains.
        strategy: a fresh strategy over `benchmark.space`, or a part of it.
        budget: how many architectures may be evaluated at full fidelity, by all workers together.
        workers: how many evaluations go on at once.
        callbacks: called with a `Progress` whenever an answer arrives; one that raises `StopSearch` ends the search,
            and what is pending then is no part of the result.

    Raises:
        InvalidOption: a number of workers below 1, a strategy that cannot work with evaluations pending (see
            `Strategy.asynchronous`), or an architecture whose training seconds are not known.
        PluginError: as `search` does; or the strategy asks for several architectures at once, or for a pending one.

    The others are those of `search`.

    Example:
        >>> import weaknas
        >>> bench = weaknas.benchmark("digits")
        >>> strategy = weaknas.strategy("regularized-evolution", bench.space, seed=0)
        >>> result = weaknas.simulate(bench, strategy, budget=40, workers=8)
        >>> bool(result.history["clock_seconds"].is_monotonic_increasing)
        True
    """
    several = check_parts(benchmark, strategy, callbacks)
    check_workers(strategy, workers)
    return run(Cluster(benchmark, strategy, check_budget(budget, benchmark), several, workers))


def check_workers(strategy: Strategy, workers: int) -> None:
    """Refuse workers that a strategy cannot have.

    Raises:
        InvalidOption: a number below 1, or several for a strategy that is not `asynchronous`.
    """
    check_whole("workers", workers, 1)
    if workers > 1 and not strategy.asynchronous:
        raise InvalidOption(
            f"the strategy {strategy.name} needs the scores of a whole round before it goes on, so {workers} workers "
            "would make another strategy of it; use weaknas or regularized-evolution, or workers=1."
        )


@dataclass(order=True)
class _Running:
    """An evaluation in work.

    Attributes:
        end: when its answer arrives, in seconds of the cluster's clock.
        number: in the order of asking.
        batch: the `(1, d)` architecture.
        codes: `(1,)` its code.
        measured: what will be known of it.
        fidelity: at which it is evaluated.
        cost: what is to be paid for it, in full trainings.
    """

    end: float
    number: int
    batch: Batch = field(compare=False)
    codes: NDArray[np.uint64] = field(compare=False)
    measured: Measurements = field(compare=False)
    fidelity: int | None = field(compare=False)
    cost: float = field(compare=False)


class Cluster(Rounds):
    """A search by several workers; a round is one answer.

    Attributes:
        workers: how many there are.
        clock: seconds that they have worked.
    """

    def __init__(
        self, benchmark: Benchmark, strategy: Strategy, budget: int, callbacks: list[Callback], workers: int
    ) -> None:
        super().__init__(benchmark, strategy, budget, callbacks)
        self.workers: int = workers
        self.clock = 0.0
        self._running: list[_Running] = []  # a heap: the next to arrive first
        self._started = 0
        self._closed = False  # once the budget does not allow what the strategy asks for

    def round(self) -> bool:
        """Give free workers something to do, and let the next answer arrive; False where nothing is in work."""
        while len(self._running) < self.workers and self._start():
            pass
        if not self._running:
            return False
        self._arrive(heapq.heappop(self._running))
        return True

    def _start(self) -> bool:
        """Ask for an architecture and begin its evaluation; False where there is none to begin now."""
        if self._closed:
            return False
        asked = self._asked(self.budget - self.account.spent - math.fsum(one.cost for one in self._running), 1)
        self._closed = asked is None
        if asked is None or not len(asked.batch):
            return False
        batch, fidelity = asked
        if len(batch) > 1:
            raise PluginError(
                f"the strategy {self.strategy.name} was asked for one architecture and gave {len(batch)}."
            )
        codes, measured = self._codes(batch), self._evaluated(batch, fidelity)
        code = int(codes[0])
        if any((int(one.codes[0]), one.fidelity) == (code, fidelity) for one in self._running):
            raise PluginError(f"the strategy {self.strategy.name} asked again for an architecture that is pending.")
        cost = seconds = 0.0
        if not self.account.is_known(code, fidelity):
            share = self._share(fidelity)
            (before,), (earlier,) = self.account.paid_before(codes, share)
            cost, seconds = share - before, float(np.maximum(0.0, measured.train_seconds[0] - earlier))
        if math.isnan(seconds):
            (text,) = self.benchmark.space.to_str(batch)
            raise InvalidOption(
                f"{self.benchmark.name} does not know how long {text} trains, so no workers can be simulated on it; "
                "use weaknas.search."
            )
        self._started += 1
        one = _Running(self.clock + seconds, self._started, batch, codes, measured, fidelity, cost)
        heapq.heappush(self._running, one)
        return True

    def _arrive(self, one: _Running) -> None:
        """Enter an answer, and tell the strategy."""
        self.clock = one.end
        share = self._share(one.fidelity)
        new = self.account.enter(one.batch, one.codes, one.measured, one.fidelity, share, self.clock)
        self._tell(one.batch, one.measured.scores, one.fidelity, new)
