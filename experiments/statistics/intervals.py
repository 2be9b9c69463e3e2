"""Estimates with their intervals: 95 %, from the libraries."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .runs import Values

__all__ = ["CONFIDENCE", "Interval", "bootstrap", "interquartile_mean", "median", "share"]

CONFIDENCE = 0.95
RESAMPLES = 2000
_BATCH = 200  # resamples at a time, so that a curve's do not fill the memory


class Interval(NamedTuple):
    """An estimate and the ends of its interval, numbers or `(k,)` each."""

    value: Any
    low: Any
    high: Any


def interquartile_mean(values: ArrayLike, axis: int = 0) -> Any:
    """Return the mean of the middle half: without the lowest and the highest quarter (rounded down)."""
    from scipy.stats import trim_mean

    return trim_mean(values, 0.25, axis=axis)


def bootstrap(values: ArrayLike, statistic: Callable[..., Any] = np.mean) -> Interval:
    """Return a statistic of `(n,)` or `(n, k)` values over the first axis, with its percentile bootstrap interval.

    The resamples are the same for all columns, and the same every time. A single value has no interval (NaN), and
    neither has a column with a NaN in it.

    Args:
        values: one row a run.
        statistic: `np.mean`, `interquartile_mean` or another one that takes `axis`.
    """
    array = np.asarray(values, dtype=np.float64)
    value = np.asarray(statistic(array, axis=0))
    low, high = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    known = ~np.isnan(array).any(axis=0)
    if len(array) > 1 and known.any():
        part = array if array.ndim == 1 else array[:, known]
        low[known], high[known] = _ends_of_mean(part) if statistic is np.mean else _ends(part, statistic)
    return Interval(value[()], low[()], high[()])


def _ends(values: Values, statistic: Callable[..., Any]) -> tuple[Any, Any]:
    from scipy.stats import bootstrap as resampled

    found = resampled(
        (values,),
        statistic,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        vectorized=True,
        axis=0,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return found.low, found.high


def _ends_of_mean(values: Values) -> tuple[Any, Any]:
    """Return what `_ends` returns, a hundred times as fast: a leaderboard has a thousand curves."""
    means = _counts(len(values)) @ values / len(values)
    tails = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tails, 1 - tails], axis=0)
    return low, high


@functools.lru_cache(maxsize=16)
def _counts(n: int) -> Values:
    """Return the `(RESAMPLES, n)` number of times that each value is in each resample."""
    drawn = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    return np.stack([np.bincount(row, minlength=n) for row in drawn]).astype(np.float64)


def share(hits: int, runs: int) -> Interval:
    """Return the share of runs that hit, with Wilson's score interval."""
    from scipy.stats import binomtest

    found = binomtest(hits, runs).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(hits / runs, float(found.low), float(found.high))


def median(values: ArrayLike) -> Interval:
    """Return the median of `(n,)` values, with its exact interval from order statistics.

    Infinity stands for a run that failed: a median or an end may be infinite. Of two middle values the
    lower is the median where the upper is infinite: half of the values are no larger. Six values are the fewest that
    have an interval; with fewer it is NaN.
    """
    from scipy.stats import quantile_test

    array = np.asarray(values, dtype=np.float64)
    found = quantile_test(array, p=0.5).confidence_interval(CONFIDENCE)
    middle = float(np.median(array))
    if np.isposinf(middle):
        middle = float(np.sort(array)[(len(array) - 1) // 2])
    return Interval(middle, float(found.low), float(found.high))
