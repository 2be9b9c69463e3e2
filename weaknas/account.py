"""The account of a search: what was paid for, and the result that follows from it."""

import json
import math
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contracts import Benchmark, Strategy, options_of
from .measurements import Measurements, Report
from .pareto import front
from .result import Result
from .spaces import Batch

__all__ = ["LEAST", "Account", "finite", "setting_of"]

LEAST = 1e-9
"""Less than this is nothing: shares of a query do not add up exactly."""


class Account:
    """What was paid for, in order.

    Args:
        benchmark: where it was evaluated.
        resumable: whether a training goes on from a shorter one of its architecture that was paid for, so that only
            the rest of it is to be paid.
    """

    def __init__(self, benchmark: Benchmark, resumable: bool = False) -> None:
        self.metric = benchmark.metric
        self.batches: list[Batch] = []
        self.scores: list[NDArray[np.float64]] = []
        self.train_seconds: list[NDArray[np.float64]] = []
        self.fidelities: list[int | None] = []
        self.costs: list[float] = []
        self._paid: Counter[float] = Counter()  # evaluations at each share of a full training
        self.clocks: list[float] = []
        self.estimated = False
        self.best = float("nan")
        self._known: set[tuple[int, int | None]] = set()
        self._resumable = resumable
        self._longest: dict[int, tuple[float, float]] = {}  # share and seconds of an architecture's longest training

    @property
    def batch(self) -> Batch:
        """The `(n, d)` architectures that were paid for."""
        return np.concatenate(self.batches)

    @property
    def spent(self) -> float:
        """What was paid so far, in full trainings."""
        return math.fsum(share * count for share, count in self._paid.items())

    def is_known(self, code: int, fidelity: int | None) -> bool:
        """Return whether an architecture was paid for at a fidelity."""
        return (code, fidelity) in self._known

    def paid_before(self, codes: NDArray[np.uint64], share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the `(n,)` shares, and the `(n,)` seconds, of the trainings that those of a share go on from."""
        nothing = (0.0, 0.0)
        longest = [self._longest.get(code, nothing) for code in codes.tolist()]
        before = np.array([paid if paid[0] < share else nothing for paid in longest]).reshape(-1, 2)
        return before[:, 0], before[:, 1]

    def enter(
        self,
        batch: Batch,
        codes: NDArray[np.uint64],
        measured: Measurements,
        fidelity: int | None,
        share: float,
        clock: float = float("nan"),
    ) -> int:
        """Enter the architectures that are new at this fidelity, and return how many.

        Args:
            batch: `(n, d)` architectures.
            codes: `(n,)` their codes.
            measured: of them; seconds are those of whole trainings.
            fidelity: at which, in epochs; None for full.
            share: of a full training that one from the start takes.
            clock: seconds that a simulated cluster had worked by then.
        """
        new = []
        for i, code in enumerate(codes.tolist()):
            if (code, fidelity) not in self._known:
                self._known.add((code, fidelity))
                new.append(i)
        shares, seconds = self.paid_before(codes[new], share)
        costs = (share - shares).tolist()
        self.batches.append(batch[new])
        self.scores.append(measured.scores[new])
        self.train_seconds.append(np.maximum(0.0, measured.train_seconds[new] - seconds))
        self.fidelities += [fidelity] * len(new)
        self.costs += costs
        self.clocks += [clock] * len(new)
        self._paid.update(costs)
        if self._resumable:
            for code, whole in zip(codes[new].tolist(), measured.train_seconds[new].tolist(), strict=True):
                self._longest[code] = max(self._longest.get(code, (0.0, 0.0)), (share, whole))
        self.estimated |= measured.estimated
        if fidelity is None:
            first = measured.scores[new] if measured.scores.ndim == 1 else measured.scores[new, 0]
            self.best = self.metric.best(first, self.best)
        return len(new)

    def result(
        self,
        benchmark: Benchmark,
        strategy: Strategy,
        budget: int,
        overhead: float,
        report: Report,
        workers: int | None = None,
    ) -> Result:
        """Return the account as a result.

        Args:
            benchmark: where the architectures were evaluated.
            strategy: what asked for them.
            budget: how many it was allowed.
            overhead: seconds that were not spent on evaluations.
            report: what is now known of the architectures of `batch`.
            workers: of the simulated cluster; None without one.
        """
        import pandas as pd

        batch = self.batch
        metric, scores = benchmark.metric, np.concatenate(self.scores).reshape(len(batch), -1)
        known = {metric.valid: np.full(len(batch), np.nan), metric.test: finite(report.test)}
        known |= dict(zip((benchmark.objective, *(one.valid for one in benchmark.also)), scores.T, strict=True))
        constants: dict[str, Any] = {
            "benchmark": benchmark.name,
            "dataset": benchmark.dataset,
            "strategy": strategy.name,
            "predictor": strategy.predictor_name,
            "options": json.dumps(strategy.options, sort_keys=True, default=_plain),
            "seed": strategy.seed,
        }
        history = pd.DataFrame(
            {
                **constants,
                "query": np.arange(1, len(batch) + 1),
                "arch": benchmark.space.to_str(batch),
                **known,
                "train_seconds": np.concatenate(self.train_seconds),
                "fidelity": pd.array(self.fidelities, dtype="Int64"),
                "cost": np.cumsum(self.costs),
                **({} if workers is None else {"clock_seconds": np.array(self.clocks)}),
                **_tradeoff(benchmark, strategy, batch, scores, self.fidelities),
            }
        )
        return Result(
            **{**constants, "options": json.loads(constants["options"])},
            budget=budget,
            metric=metric,
            objective=benchmark.objective,
            optimum=benchmark.optimum_in(strategy.space, report.optimum),
            history=history,
            overhead_seconds=overhead,
            estimated=self.estimated,
            constraint=strategy.space.what or None,
            setting=setting_of(benchmark),
            costs=tuple(strategy.costs),
            also=tuple(benchmark.also),
            workers=workers,
        )


def _plain(value: object) -> object:
    """Return what JSON has for an option that is none of its own kinds."""
    return value.item() if isinstance(value, np.generic) else repr(value)


def _tradeoff(
    benchmark: Benchmark,
    strategy: Strategy,
    batch: Batch,
    scores: NDArray[np.float64],
    fidelities: list[int | None],
) -> dict[str, NDArray[Any]]:
    """Return the costs that a strategy trades scores for, and which architectures no other one beats."""
    space, also = strategy.space, [metric.valid for metric in benchmark.also]
    costs = {name: finite(space.free_to_know(name, batch)) for name in strategy.costs if name not in also}
    if not costs and not also:
        return {}
    points = [metric.oriented(column) for metric, column in zip(benchmark.objectives, scores.T, strict=True)]
    points += [-column for column in costs.values()]
    full = np.array([fidelity is None for fidelity in fidelities])
    best = front(np.where(full[:, None], np.column_stack(points), np.nan))
    return {**costs, "front": best}


def setting_of(benchmark: Benchmark) -> dict[str, Any]:
    """Return a benchmark's options but the seed of its draws, those of what it wraps included."""
    inner = getattr(benchmark, "inner", None)
    within = setting_of(inner) if isinstance(inner, Benchmark) else {}
    return within | {key: value for key, value in options_of(benchmark).items() if key != "seed"}


def finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values, NaN for those that are infinite: as unknown as missing ones."""
    known: NDArray[np.float64] = np.where(np.isfinite(values), values, np.nan)
    return known
