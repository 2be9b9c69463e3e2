"""Strategies over many benchmarks at once, whatever is measured there: by shares of regret, targets hit, and ranks.

A regret is the best value that a benchmark has less the one reached, in its own unit and never negative. Two kinds of
numbers make benchmarks comparable: the score, `1 - regret / unit`, where the unit is the benchmark's median regret
after one query (almost always a random one), so that 1 is the optimum and 0 a random architecture; and targets.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidOption

from . import curves
from .curves import SearchedBenchmark
from .intervals import CONFIDENCE, Interval, interquartile_mean
from .runs import Values, runs_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TARGETS",
    "Run",
    "Runs",
    "Stratum",
    "improvement",
    "profile",
    "rank_curves",
    "regrets",
    "run_lengths",
    "scores",
    "stratified",
]

TARGETS = (1.0, 0.5, 0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.0025, 0.0)
"""Regrets to be reached, in units of a benchmark's regret after one query: from that of a random architecture to the
optimum, as COCO spaces its targets evenly on a logarithmic scale (Hansen et al., 2021)."""

_DRAWN = 2000  # resamples
_FEW = 500  # for each point of a curve

Stratum = NDArray[np.float64]  # (seeds,), the values of one benchmark


class Run(NamedTuple):
    """How a run's regret fell.

    Attributes:
        queries: `(n,)` what was paid, in full trainings, rising.
        regret: `(n,)` the regret by then, in units of the benchmark's median regret after one query.
        ended: whether nothing more could have come: it had found the best, or as good as the search could see.
    """

    queries: Values
    regret: Values
    ended: bool

    def score(self, queries: float) -> float:
        """Return the score after so many queries, NaN where that is not known."""
        at = int(np.searchsorted(self.queries, queries * (1 + 1e-9), side="right")) - 1
        if at < 0 or (self.queries[-1] + 1 <= queries and not self.ended):
            return float("nan")
        return 1 - float(self.regret[at])


Runs = dict[tuple[str, str], list[Run]]
"""The runs of every benchmark and strategy, those of one by seed."""


def regrets(studies: "Iterable[tuple[pd.DataFrame, Mapping[str, SearchedBenchmark]]]") -> Runs:
    """Return the runs of the benchmarks whose optimum is known.

    The value is that on test of the architecture with the best score so far, or that score where test is not known.

    Args:
        studies: the results of each, sorted, and its benchmarks by label.

    Raises:
        InvalidOption: two studies have a strategy of one label on a benchmark of one label, no optimum is known, or
            the first query is the best one already.
    """
    found: dict[str, dict[str, list[tuple[Values, Values, bool]]]] = {}
    for frame, benchmarks in studies:
        shown = curves.progress(frame, benchmarks)
        for name, card in benchmarks.items():
            own = shown[shown["benchmark"] == name]
            tested = own["honest"].notna().any() and not np.isnan(card.best.test)
            best = float(np.float32(card.metric.oriented(card.best.test if tested else card.best.valid)))
            if not len(own) or np.isnan(best):
                continue
            new: dict[str, list[tuple[Values, Values, bool]]] = {}
            for run in runs_of(own):
                regret = np.maximum(best - run["honest" if tested else "best"].to_numpy(dtype=np.float64), 0.0)
                spent, settled = run["queries"].to_numpy(dtype=np.float64), bool(run["settled"].iloc[-1])
                new.setdefault(str(run["label"].iloc[0]), []).append((spent, regret, settled or regret[-1] == 0))
            if twice := found.get(name, {}).keys() & new.keys():
                raise InvalidOption(f"two of the studies have {min(twice)} on {name}; name one of them.")
            found.setdefault(name, {}).update(new)
    if not found:
        raise InvalidOption("no optimum is known of any benchmark of these studies, and so no regret.")
    return {
        (name, label): [Run(spent, regret / _unit(name, own), ended) for spent, regret, ended in runs]
        for name, own in sorted(found.items())
        for label, runs in own.items()
    }


def _unit(name: str, own: Mapping[str, list[tuple[Values, Values, bool]]]) -> float:
    """Return the median regret after one query of a benchmark."""
    firsts = [regret[~np.isnan(regret)][:1] for runs in own.values() for _, regret, _ in runs]
    unit = float(np.median(np.concatenate(firsts)))
    if not unit > 0:
        raise InvalidOption(f"on {name} the first query is the best one already, and there is nothing to search.")
    return unit


def scores(runs: Runs, queries: float) -> dict[str, dict[str, Stratum]]:
    """Return by strategy and benchmark the `(seeds,)` scores after so many queries.

    A run that ended before counts where more queries could not have changed it; where another did, its strategy has
    no score on that benchmark.

    Args:
        runs: from `regrets`.
        queries: at which point.
    """
    found: dict[str, dict[str, Stratum]] = {}
    for (benchmark, label), own in runs.items():
        values = np.array([run.score(queries) for run in own])
        if not np.isnan(values).any():
            found.setdefault(label, {})[benchmark] = values
    return found


def run_lengths(runs: Runs, targets: Sequence[float] = TARGETS) -> "pd.DataFrame":
    """Return the share of pairs of a run and a target that a strategy has hit after so many queries (COCO's ECDF).

    Every benchmark counts as much as another. Runs are not restarted: the curves end at the shortest budget, before
    which nothing is censored.

    Args:
        runs: from `regrets`.
        targets: regrets to be reached, in units of the benchmark's.

    Returns:
        `label, benchmarks, queries, share`.
    """
    import pandas as pd

    hits: dict[str, list[Values]] = {}
    ends: dict[str, float] = {}
    for (_, label), own in runs.items():
        first = []
        for run in own:
            best = np.fmin.accumulate(np.where(np.isnan(run.regret), np.inf, run.regret))
            at = np.searchsorted(-best, -np.array(targets), side="left")
            first.append(np.append(run.queries, np.inf)[at])
            if not run.ended:
                ends[label] = min(ends.get(label, np.inf), float(run.queries[-1]))
        hits.setdefault(label, []).append(np.sort(np.concatenate(first)))
    parts = []
    for label, found in hits.items():
        every = np.concatenate(found)
        end = ends.get(label, float(every[np.isfinite(every)].max(initial=1.0)))
        places = np.unique([1.0, *every[every <= end], end])
        share = np.mean([np.searchsorted(first, places, side="right") / len(first) for first in found], axis=0)
        parts.append(pd.DataFrame({"label": label, "benchmarks": len(found), "queries": places, "share": share}))
    return pd.concat(parts, ignore_index=True)


def stratified(
    strata: Sequence[Stratum], statistic: Callable[..., Any] = interquartile_mean, resamples: int = _DRAWN
) -> Interval:
    """Return a statistic of all values together with its interval; seeds are drawn anew within each benchmark.

    The interquartile mean and the stratified bootstrap are those of Agarwal et al. (NeurIPS 2021, section 4.1). Every
    benchmark counts as much as another, however many seeds it has: each is stretched to the number of the largest.

    Args:
        strata: the values of each benchmark.
        statistic: that takes `axis`.
        resamples: of the bootstrap.
    """
    rng, tail = np.random.default_rng(0), (1 - CONFIDENCE) / 2
    most = max(map(len, strata))
    drawn = [values[rng.integers(0, len(values), (resamples, len(values)))] for values in strata]
    estimates = statistic(np.concatenate([_stretched(part, most) for part in drawn], axis=1), axis=1)
    low, high = np.quantile(estimates, [tail, 1 - tail])
    whole = np.concatenate([_stretched(values[None], most) for values in strata], axis=1)
    return Interval(float(statistic(whole, axis=1)[0]), float(low), float(high))


def _stretched(values: Values, count: int) -> Values:
    """Return `(n, count)` of `(n, m)` values, each about as often as the others."""
    at = (np.arange(count) * values.shape[1]) // count
    stretched: Values = np.sort(values, axis=1)[:, at]
    return stretched


def profile(strata: Sequence[Stratum], levels: Values) -> tuple[Values, Values, Values]:
    """Return the share of runs whose score is above each of `(k,)` levels, and the ends of its band.

    The performance profile of Agarwal et al. (NeurIPS 2021, section 4.2); benchmarks count equally.
    """
    rng, tail = np.random.default_rng(0), (1 - CONFIDENCE) / 2
    above = [(values[:, None] > levels).astype(np.float64) for values in strata]
    drawn = [_counts(rng, len(part), _DRAWN) @ part / len(part) for part in above]
    low, high = np.quantile(np.mean(drawn, axis=0), [tail, 1 - tail], axis=0)
    share: Values = np.mean([part.mean(axis=0) for part in above], axis=0)
    return share, low, high


def _counts(rng: np.random.Generator, size: int, resamples: int) -> Values:
    """Return `(resamples, size)` how often each of `size` values is in each resample."""
    drawn = rng.integers(0, size, (resamples, size))
    return np.stack([np.bincount(row, minlength=size) for row in drawn]).astype(np.float64)


def improvement(
    one: Mapping[str, Stratum], other: Mapping[str, Stratum], rope: float = 0.0
) -> tuple[Interval, float, int]:
    """Return how likely a run of one strategy is better than one of another, on a benchmark of both.

    The probability of improvement of Agarwal et al. (NeurIPS 2021, section 4.3), which is the mean over benchmarks of
    Vargha and Delaney's A12 (2000): an effect size of 0.5 is none. Differences of scores up to `rope` are practically
    none (a region of practical equivalence, Kruschke 2018), and count as half a win.

    Args:
        one: scores by benchmark.
        other: of the other strategy.
        rope: in units of the score, shares of a random architecture's regret.

    Returns:
        The probability with its interval (seeds are drawn anew within each benchmark), the share of pairs that are
        practically equal, and the number of benchmarks; NaN without a common one.
    """
    common = sorted(one.keys() & other.keys())
    if not common:
        return Interval(*[float("nan")] * 3), float("nan"), 0
    wins = [_wins(one[name], other[name], rope) for name in common]
    rng, means = np.random.default_rng(0), []
    for won, _ in wins:
        rows, columns = (_counts(rng, size, _DRAWN) for size in won.shape)
        means.append(((rows @ won) * columns).sum(axis=1) / won.size)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.mean(means, axis=0), [tail, 1 - tail])
    value = float(np.mean([won.mean() for won, _ in wins]))
    return Interval(value, float(low), float(high)), float(np.mean([same for _, same in wins])), len(common)


def _wins(one: Stratum, other: Stratum, rope: float) -> tuple[Values, float]:
    """Return `(n, m)` 1 where a run of the first is better, 0 where worse, 0.5 where equal; and the share of these."""
    difference = one[:, None] - other[None]
    same = np.abs(difference) <= rope
    return np.where(same, 0.5, difference > 0).astype(np.float64), float(same.mean())


def rank_curves(runs: Runs, queries: Sequence[float]) -> "pd.DataFrame":
    """Return the mean rank of every strategy after so many queries, over the benchmarks that all have; 1 is best.

    Args:
        runs: from `regrets`.
        queries: at which points.

    Returns:
        `label, queries, rank, low, high, benchmarks`: the rank among all strategies of a seed's score, mean over
        benchmarks and seeds, with an interval for which seeds are drawn anew within benchmarks. No rows for points
        at which a strategy has no score on any common benchmark.
    """
    import pandas as pd
    from scipy.stats import rankdata

    rows, labels = [], {label for _, label in runs}
    for point in queries:
        found = scores(runs, point)
        common = sorted(set.intersection(*(set(own) for own in found.values()))) if len(found) > 1 else []
        if len(found) < len(labels) or not common:
            continue
        ranked: dict[str, list[Stratum]] = {label: [] for label in found}
        for benchmark in common:
            count = min(len(own[benchmark]) for own in found.values())
            ranks = rankdata([-own[benchmark][:count] for own in found.values()], axis=0)
            for label, own_ranks in zip(found, ranks, strict=True):
                ranked[label].append(own_ranks)
        for label, strata in ranked.items():
            mean = stratified(strata, np.mean, _FEW)
            rows.append((label, point, mean.value, mean.low, mean.high, len(common)))
    return pd.DataFrame(rows, columns=["label", "queries", "rank", "low", "high", "benchmarks"])
