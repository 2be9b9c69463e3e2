"""Benchmarks made of benchmarks: with noise, fewer architectures, or a budget."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from weaknas.checks import check_seed
from weaknas.contracts import Benchmark, Measurements, Optimum, Report
from weaknas.errors import BudgetError, InvalidOption
from weaknas.spaces import Batch, Rows, Space, as_rows
from weaknas.spaces.arrays import mix64

__all__ = ["Budgeted", "Noisy", "Subset", "Wrapper"]


class Wrapper(Benchmark):
    """A benchmark that passes everything on to another one.

    Args:
        inner: the benchmark underneath.
    """

    def __init__(self, inner: Benchmark) -> None:
        self.inner = inner
        self.name = inner.name
        self.dataset = inner.dataset
        self.space = inner.space
        self.metric = inner.metric
        self.on_test = inner.on_test
        self.also = inner.also
        self.at_once = inner.at_once

    @property
    def note(self) -> str:
        """The note of the benchmark underneath."""
        return self.inner.note

    @property
    def fidelities(self) -> tuple[int, ...]:
        """The fidelities of the benchmark underneath."""
        return self.inner.fidelities

    @property
    def resumable(self) -> bool:
        """Whether the fidelities of the benchmark underneath are points of one schedule."""
        return self.inner.resumable

    @property
    def checksums(self) -> dict[str, str]:
        """The checksums of the benchmark underneath."""
        return self.inner.checksums

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return what the benchmark underneath measures."""
        return self.inner.evaluate(batch, fidelity)

    def report(self, batch: Batch) -> Report:
        """Return the report of the benchmark underneath."""
        return self.inner.report(batch)

    def optimum_in(self, space: Space, overall: Optimum) -> Optimum:
        """Return the best that the benchmark underneath has in a space."""
        return self.inner.optimum_in(space, overall)


class Noisy(Wrapper):
    """A benchmark whose scores carry Gaussian noise, drawn once per architecture, fidelity and seed.

    A repeated query returns the same value, as a table of one training run would. The report stays exact.

    Args:
        inner: the benchmark underneath.
        sd: standard deviation of the noise, in the metric's unit.
        seed: seed of the noise.

    Raises:
        InvalidOption: a negative deviation.
    """

    def __init__(self, inner: Benchmark, sd: float, seed: int = 0) -> None:
        if not sd >= 0:
            raise InvalidOption(f"a standard deviation is 0 or more, not {sd!r}.")
        super().__init__(inner)
        self.sd = sd
        self.seed = check_seed(seed)

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return the scores with noise."""
        from scipy.special import ndtri

        measured = self.inner.evaluate(batch, fidelity)
        stream = mix64(np.array([self.seed, fidelity or 0], dtype=np.uint64) + np.uint64(1))
        bits = mix64(mix64(self.space.code(self.space.as_batch(batch)) ^ stream[0]) + stream[1])
        uniform = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
        noise: NDArray[np.float64] = ndtri(uniform)
        scores = measured.scores.copy()
        first = scores if scores.ndim == 1 else scores[:, 0]
        first += self.sd * noise
        return replace(measured, scores=scores)


class Subset(Wrapper):
    """Some of the architectures of a benchmark: no others are evaluated, and the optimum is the best of these.

    Args:
        inner: the benchmark underneath.
        batch: `(n, d)` architectures to keep, or an `(n,)` mask or row numbers of a benchmark whose space is
            finite.

    Raises:
        InvalidArchitecture: an architecture is not in the benchmark's space, or listed twice.
        InvalidOption: row numbers for a space that is not finite.
    """

    def __init__(self, inner: Benchmark, batch: NDArray[np.integer] | NDArray[np.bool_]) -> None:
        super().__init__(inner)
        chosen = np.asarray(batch)
        rows = as_rows(inner.space)
        if rows is not None:
            self.space = rows.take(
                np.arange(rows.size)[chosen] if chosen.ndim == 1 else rows.index(inner.space.validate(chosen))
            )
        elif chosen.ndim == 1:
            raise InvalidOption(f"the space of {inner.name} is not finite: name the architectures themselves.")
        else:
            self.space = Rows(inner.space, inner.space.validate(chosen))
        self._optimum: Optimum | None = None

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return what the benchmark underneath measures.

        Raises:
            InvalidArchitecture: an architecture is not among those kept.
        """
        return self.inner.evaluate(self.space.validate(batch), fidelity)

    def report(self, batch: Batch) -> Report:
        """Return the report of the benchmark underneath, with the optimum of the architectures kept."""
        report = self.inner.report(batch)
        if self._optimum is None:
            self._optimum = self.inner.optimum_in(self.space, report.optimum)
        return replace(report, optimum=self._optimum)


class Budgeted(Wrapper):
    """A benchmark that stops answering when the budget is spent.

    Repeated architectures cost nothing. A batch that would exceed the budget is refused as a whole, and costs nothing.

    Args:
        inner: the benchmark underneath.
        budget: how many different architectures may be evaluated.

    Attributes:
        spent: how many were.
    """

    def __init__(self, inner: Benchmark, budget: int) -> None:
        super().__init__(inner)
        self.budget = budget
        self._codes: set[int] = set()

    @property
    def spent(self) -> int:
        """How many different architectures were evaluated."""
        return len(self._codes)

    def evaluate(self, batch: Batch, fidelity: int | None = None) -> Measurements:
        """Return what the benchmark underneath measures.

        Raises:
            BudgetError: the batch has more new architectures than the budget has left.
        """
        codes = self._codes.union(self.space.code(self.space.as_batch(batch)).tolist())
        if len(codes) > self.budget:
            raise BudgetError(
                f"the budget of {self.budget} evaluations of {self.name} is spent: {self.spent} were paid for, "
                f"and this batch asks for {len(codes) - self.spent} more."
            )
        measured = self.inner.evaluate(batch, fidelity)
        self._codes = codes
        return measured
