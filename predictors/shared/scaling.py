"""Columns and scores on one scale, for the models that care."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Columns", "Scores", "line"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Columns:
    """An affine scale of each column, learned from training features.

    Attributes:
        mean: `(f,)` subtracted.
        scale: `(f,)` divided by.
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, features: ArrayLike) -> "Columns":
        """Learn the scale of `(n, f)` features, whatever their units: a constant column is centred only.

        A column is divided by its deviation; one of two values, such as those of a one-hot encoding, by the
        geometric mean of its deviation and its range. It would else weigh the more the rarer it is set.
        """
        columns = np.asarray(features, dtype=np.float64)
        low, high, deviation = columns.min(axis=0), columns.max(axis=0), columns.std(axis=0)
        binary = ((columns == low) | (columns == high)).all(axis=0)
        scale = np.where(binary, np.sqrt(deviation * (high - low)), deviation)
        # Of a constant, the mean may be off by a rounding error.
        return cls(columns.mean(axis=0), np.where(high > low, scale, 1.0))

    def __call__(self, features: ArrayLike) -> Floats:
        """Return `(m, f)` scaled features."""
        return (np.asarray(features, dtype=np.float64) - self.mean) / self.scale


@dataclass(frozen=True)
class Scores:
    """Mean and deviation of the training scores; the deviation of constant scores is taken as 1."""

    mean: float
    scale: float

    @classmethod
    def of(cls, scores: Floats) -> "Scores":
        """Learn them from `(n,)` scores."""
        deviation = float(scores.std())
        return cls(float(scores.mean()), deviation if deviation > 1e-9 * float(np.abs(scores).max()) else 1.0)

    def __call__(self, scores: Floats) -> Floats:
        """Return standardised scores."""
        return (scores - self.mean) / self.scale

    def back(self, scores: Floats) -> Floats:
        """Return scores in percent."""
        return scores * self.scale + self.mean


def line(output: ArrayLike, scores: Floats) -> tuple[float, float]:
    """Return slope and offset of the straight line that takes `(n,)` outputs to `(n,)` scores with least squares.

    The slope is never negative, so that the order stays; where there is nothing to fit it is 0.
    """
    values = np.asarray(output, dtype=np.float64)
    spread = values - values.mean()
    power = float(spread @ spread)
    slope = max(float(spread @ scores) / power, 0.0) if power > 0 else 0.0
    return slope, float(scores.mean() - slope * values.mean())
