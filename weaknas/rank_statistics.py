"""How well scores rank: Kendall's tau of all, of the best, at equal cost, and with intervals over supernets."""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidOption

__all__ = [
    "CONFIDENCE",
    "Interval",
    "Intervals",
    "among_best",
    "mean_rank",
    "nested_bootstrap",
    "partial_tau",
    "tau",
    "tau_top",
]

CONFIDENCE = 0.95
TOP = 0.2  # share of the architectures
_BINS = 20
_RESAMPLES = 500

Values = NDArray[np.float64]


def tau(scores: ArrayLike, truth: ArrayLike) -> float:
    """Return Kendall's tau-b of `(n,)` scores with the `(n,)` truth; 0 where all scores, or all truths, are the same.

    A score that is NaN is one of an evaluation that failed: it ranks last, alike with the others.

    Raises:
        InvalidOption: they are not of one length, or the truth of an architecture is NaN.
    """
    from scipy.stats import kendalltau

    values, true = _checked(scores, truth)
    found = float(kendalltau(values, true).statistic) if len(true) > 1 else np.nan
    return 0.0 if np.isnan(found) else found


def tau_top(scores: ArrayLike, truth: ArrayLike, share: float = TOP) -> float:
    """Return `tau` among the truly best share of the architectures; see `among_best`."""
    values, true = _checked(scores, truth)
    best = among_best(true, share)
    return tau(values[best], true[best])


def among_best(truth: ArrayLike, share: float = TOP) -> NDArray[np.bool_]:
    """Return `(n,)` which are the truly best share: those at or above its quantile, ties among them."""
    values = np.asarray(truth, float)
    best: NDArray[np.bool_] = values >= np.quantile(values, 1 - share)
    return best


def partial_tau(scores: ArrayLike, truth: ArrayLike, cost: ArrayLike, bins: int = _BINS) -> float:
    """Return tau at about equal cost: the mean of tau within bins of the cost, weighted by their pairs.

    With n_b architectures in bin b, it is sum_b p_b tau_b / sum_b p_b, where p_b = n_b (n_b - 1) / 2. Bins lie between
    quantiles of the cost, so that they hold equally many, but for architectures of one cost, which stay together.
    What goes by nothing but the cost has close to 0.

    Args:
        scores: `(n,)`.
        truth: `(n,)`.
        cost: `(n,)` what is controlled for, such as MACs.
        bins: how many at most.

    Raises:
        InvalidOption: they are not of one length, or the truth or the cost of an architecture is NaN.
    """
    values, true = _checked(scores, truth)
    _, costs = _checked(scores, cost)
    edges = np.unique(np.quantile(costs, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, costs, side="right")
    members = [np.flatnonzero(bin_of == number) for number in np.unique(bin_of)]
    pairs = np.array([len(part) * (len(part) - 1) / 2 for part in members])
    taus = np.array([tau(values[part], true[part]) for part in members])
    return float(pairs @ taus / pairs.sum()) if pairs.any() else 0.0


def mean_rank(*scores: ArrayLike) -> Values:
    """Return the mean of the ranks that several scores give the same architectures; ties share their mean rank.

    Args:
        scores: `(n,)` each, or `(s, n)` of several supernets, each ranked alone; a NaN ranks last.

    Raises:
        InvalidOption: they are not of one length.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(np.where(np.isnan(one), -np.inf, one), axis=-1) for one in map(_as_floats, scores)]
    if len({one.shape[-1] for one in ranks}) > 1:
        raise InvalidOption(f"scores of shapes {[one.shape for one in ranks]} are of different architectures.")
    found: Values = np.mean(np.broadcast_arrays(*ranks), axis=0)
    return found


def _as_floats(scores: ArrayLike) -> Values:
    return np.asarray(scores, float)


class Interval(NamedTuple):
    """An estimate and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Intervals(NamedTuple):
    """What several schemes' scores are worth.

    Attributes:
        schemes: by name, the mean over the scheme's supernets of the statistic.
        differences: by the names of two, that of the first minus that of the second.
    """

    schemes: dict[str, Interval]
    differences: dict[tuple[str, str], Interval]


def nested_bootstrap(
    scores: Mapping[str, ArrayLike],
    truth: ArrayLike,
    *,
    statistic: Callable[[Values, Values], float] = tau,
    resamples: int = _RESAMPLES,
    seed: int = 0,
) -> Intervals:
    """Return intervals of how several schemes rank, over their supernets and over architectures.

    The unit of replication is a supernet, which one seed trained. Each resample draws supernets within each scheme,
    then architectures, the same ones for all schemes: so what makes some architectures hard for all of them is not
    in the differences. Intervals are from percentiles. That of a scheme of one supernet, or of a fixed column such as
    MACs, is over architectures only. That of few supernets is too narrow: their resampled mean has (s - 1) / s of the
    variance that it should have with s of them.

    Of 6,466 architectures a tau takes some milliseconds, and there are `resamples` times as many as supernets.

    Args:
        scores: by the name of each scheme, the `(s, n)` scores by its supernets, or the `(n,)` of a single one.
        truth: `(n,)`.
        statistic: of `(n,)` scores and truth, such as `tau` or `tau_top`.
        resamples: how many.
        seed: of the draws.

    Raises:
        InvalidOption: there are no scores, they are not of one length, or the truth of an architecture is NaN.
    """
    groups = {name: np.atleast_2d(np.asarray(values, float)) for name, values in scores.items()}
    if not groups or any(not values.size for values in groups.values()):
        raise InvalidOption("to compare how schemes rank takes the scores of one supernet at least.")
    whole = [_mean(statistic, values, np.asarray(truth, float)) for values in groups.values()]
    rng, known = np.random.default_rng(seed), _checked(groups[next(iter(groups))][0], truth)[1]
    drawn = np.empty((resamples, len(groups)))
    for row in drawn:
        supernets = [rng.integers(0, len(values), len(values)) for values in groups.values()]
        archs = rng.integers(0, len(known), len(known))
        for place, (values, chosen) in enumerate(zip(groups.values(), supernets, strict=True)):
            numbers, times = np.unique(chosen, return_counts=True)
            row[place] = _mean(statistic, values[numbers][:, archs], known[archs], times)
    names, pairs = list(groups), combinations(range(len(groups)), 2)
    return Intervals(
        {
            name: _interval(value, drawn[:, place])
            for place, (name, value) in enumerate(zip(names, whole, strict=True))
        },
        {
            (names[one], names[other]): _interval(whole[one] - whole[other], drawn[:, one] - drawn[:, other])
            for one, other in pairs
        },
    )


def _mean(
    statistic: Callable[[Values, Values], float],
    scores: Values,
    truth: Values,
    times: NDArray[np.int64] | None = None,
) -> float:
    """Return the mean of a statistic over supernets, each counted so many times."""
    return float(np.average([statistic(values, truth) for values in scores], weights=times))


def _interval(value: float, drawn: Values) -> Interval:
    tails = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tails, 1 - tails]).tolist()
    return Interval(value, low, high)


def _checked(scores: ArrayLike, truth: ArrayLike) -> tuple[Values, Values]:
    """Return scores with those that are no number last, and the truth."""
    values, true = np.asarray(scores, float), np.asarray(truth, float)
    if values.shape != true.shape or values.ndim != 1:
        raise InvalidOption(f"scores of shape {values.shape} cannot be compared with a truth of shape {true.shape}.")
    if np.isnan(true).any():
        raise InvalidOption(f"the truth of {np.isnan(true).sum():,} of {len(true):,} architectures is not a number.")
    return np.where(np.isnan(values), -np.inf, values), true
