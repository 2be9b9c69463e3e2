"""What benchmarks answer: what was paid for, and what may be looked at when a search is over."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .metrics import ACCURACY, Metric

__all__ = ["Measurements", "Optimum", "Report"]

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
