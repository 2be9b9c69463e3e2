"""What benchmarks answer: what was paid for, and what may be looked at when a search is over."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .metrics import ACCURACY, Metric

__all__ = ["Measurements", "Optimum", "Past", "Report"]

_Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measurements:
    """What a search gets for what it paid.

    Attributes:
        scores: `(n,)` the objective, in the unit and direction of the benchmark's metric (an accuracy in percent, a
            perplexity), `(n, 1 + k)` with k further objectives; NaN, or infinite, for a failed evaluation.
        train_seconds: `(n,)` seconds of training that the evaluations cost; NaN where that is not known.
        estimated: whether `train_seconds` is estimated rather than recorded.
    """

    scores: _Values
    train_seconds: _Values
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best mean values in a benchmark, in the metric's unit; NaN where not known.

    Attributes:
        valid: on validation.
        test: on test.
    """

    valid: float = float("nan")
    test: float = float("nan")

    @classmethod
    def of(cls, valid: _Values, test: _Values, metric: Metric = ACCURACY) -> Self:
        """Return the best of `(n,)` mean values."""
        return cls(metric.best(valid), metric.best(test))


@dataclass(frozen=True, slots=True)
class Report:
    """What may be looked at when a search is over.

    Attributes:
        valid: `(n,)` mean value on validation, in the metric's unit; NaN where not known.
        test: `(n,)` mean value on test; NaN where not known.
        optimum: the best of both in the whole benchmark.
    """

    valid: _Values
    test: _Values
    optimum: Optimum


@dataclass(frozen=True, slots=True)
class Past:
    """What was evaluated before: the same architectures on other data, or a space that overlaps with this one.

    Attributes:
        label: where it is from, for people.
        batch: `(n, d)` architectures, in the terms of the present search's space (of the whole one, `space.whole`).
        scores: `(n,)` finite values of which higher ones are better. Only their order counts.
        left_out: how many evaluations more there are, which failed or are of no architecture of the space.
    """

    label: str
    batch: NDArray[np.int8]
    scores: _Values
    left_out: int = 0
