"""What a predictor learns instead of the values of an Optuna study."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...contracts import Scores

__all__ = ["kept", "warped"]

_FAR = 10


def kept(values: Sequence[float], constraints: Sequence[Mapping[str, float]]) -> Scores:
    """Return values, to be large, with those that violate constraints (are above 0) below all others."""
    names = sorted({name for one in constraints for name in one})
    amounts = np.array([[max(0.0, one.get(name, 0.0)) for name in names] for one in constraints])
    scores = np.array(values, dtype=np.float64)
    if not amounts.any():
        return scores
    largest = np.max(amounts, axis=0, where=np.isfinite(amounts), initial=0)
    unit = np.where(largest > 0, largest, 1)
    violation = np.minimum(amounts, 2 * unit) @ (1 / unit)
    feasible = violation == 0
    if not feasible.any():
        return np.asarray(-violation)
    worst, spread = scores[feasible].min(), np.ptp(scores[feasible])
    ranked: Scores = np.where(feasible, scores, worst - (spread or 1) * violation)
    return ranked


def warped(values: Scores) -> Scores:
    """Return values by the logarithm of how far they are from the best, in units of the upper quartile of that.

    Where an objective fails it is often far off, and what matters is how the good ones differ. Nothing is taken to be
    farther off than ten times the median, so that values that stand for a failure, however low, do not set the unit.
    """
    gap = values.max() - values
    gap = np.minimum(gap, _FAR * np.median(gap))
    unit = float(np.quantile(gap, 0.75))
    warped: Scores = -np.log1p(gap / unit) if unit > 0 else values - values.max()
    return warped
