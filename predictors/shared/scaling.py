"""Features and scores on one scale, for the models that depend on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from . import Doubles

__all__ = ["ColumnScale", "ScoreScale", "least_squares_line"]


@dataclass(frozen=True)
class ColumnScale:
    """An affine scale of each column, learned from training features.

    Attributes:
        mean: `(f,)` subtracted.
        scale: `(f,)` divided by.
    """

    mean: Doubles
    scale: Doubles

    @classmethod
    def of(cls, features: ArrayLike) -> "ColumnScale":
        """Learn the scale of `(n, f)` features, whatever their units: a constant column is centred only.

        A column is divided by its deviation; one of two values, such as those of a one-hot encoding, by the
        geometric mean of its deviation and its range, or it would weigh the more the rarer its second value is.
        """
        columns = np.asarray(features, dtype=np.float64)
        low, high, deviation = columns.min(axis=0), columns.max(axis=0), columns.std(axis=0)
        binary = ((columns == low) | (columns == high)).all(axis=0)
        scale = np.where(binary, np.sqrt(deviation * (high - low)), deviation)
        # Not `deviation > 0`: the mean of a constant column may be off by a rounding error.
        return cls(columns.mean(axis=0), np.where(high > low, scale, 1.0))

    def __call__(self, features: ArrayLike) -> Doubles:
        """Return `(m, f)` scaled features."""
        return (np.asarray(features, dtype=np.float64) - self.mean) / self.scale


@dataclass(frozen=True)
class ScoreScale:
    """Mean and standard deviation of the training scores; the deviation of constant scores is taken as 1."""

    mean: float
    scale: float

    @classmethod
    def of(cls, scores: Doubles) -> "ScoreScale":
        """Learn the scale of `(n,)` scores."""
        deviation = float(scores.std())
        return cls(float(scores.mean()), deviation if deviation > 1e-9 * float(np.abs(scores).max()) else 1.0)

    def __call__(self, scores: Doubles) -> Doubles:
        """Return `(n,)` standardised scores."""
        return (scores - self.mean) / self.scale

    def inverse(self, scores: Doubles) -> Doubles:
        """Return `(n,)` standardised scores in their own units."""
        return scores * self.scale + self.mean


def least_squares_line(output: ArrayLike, scores: Doubles) -> tuple[float, float]:
    """Return slope and offset of the least-squares line from `(n,)` outputs to `(n,)` scores.

    The slope is never negative, so that the order stays; it is 0 where the outputs are constant.
    """
    values = np.asarray(output, dtype=np.float64)
    centred = values - values.mean()
    power = float(centred @ centred)
    slope = max(float(centred @ scores) / power, 0.0) if power > 0 else 0.0
    return slope, float(scores.mean() - slope * values.mean())
