"""Which strategy when: the best ones of every benchmark and budget, and the two that do best together."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from .many import Runs, Stratum, scores

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["best_of", "best_pair"]

_LEVEL = 0.05


def best_of(runs: Runs, budgets: Sequence[float]) -> "pd.DataFrame":
    """Return for every benchmark and budget the best strategy, and those that are not distinguishable from it.

    The best has the highest mean score; another one is distinguishable where a Mann-Whitney test of its runs against
    the best's, corrected by Holm's method for the number of strategies on that benchmark and budget, has p below 5 %.

    Args:
        runs: from `many.regrets`.
        budgets: queries.

    Returns:
        `benchmark, queries, best, score, ties, strategies`: the score of the best, 1 for the optimum; `ties` are the
        labels that are not distinguishable, best first.
    """
    import pandas as pd
    from scipy.stats import mannwhitneyu
    from statsmodels.stats.multitest import multipletests

    rows = []
    for queries in budgets:
        by_benchmark: dict[str, dict[str, Stratum]] = {}
        for label, own in scores(runs, queries).items():
            for benchmark, values in own.items():
                by_benchmark.setdefault(benchmark, {})[label] = values
        for benchmark, found in sorted(by_benchmark.items()):
            order = sorted(found, key=lambda label: -found[label].mean())
            best, *others = order
            p = [mannwhitneyu(found[best], found[other], alternative="greater").pvalue for other in others]
            apart = multipletests(p, _LEVEL, method="holm")[0] if others else []
            ties = [other for other, is_apart in zip(others, apart, strict=True) if not is_apart]
            rows.append((benchmark, queries, best, float(found[best].mean()), ties, len(order)))
    return pd.DataFrame(rows, columns=["benchmark", "queries", "best", "score", "ties", "strategies"])


def best_pair(found: Mapping[str, Mapping[str, Stratum]]) -> tuple[tuple[str, str], float, float] | None:
    """Return the two strategies whose better one is best on average over the benchmarks.

    Args:
        found: scores by strategy and benchmark, from `many.scores`.

    Returns:
        The two, the mean over benchmarks of the better mean score of the two, and that of the best single strategy;
        None where no two have all benchmarks.
    """
    benchmarks = sorted({name for own in found.values() for name in own})
    means = {
        label: np.array([own[name].mean() for name in benchmarks])
        for label, own in found.items()
        if own.keys() >= set(benchmarks)
    }
    if len(means) < 2:
        return None
    together = {pair: float(np.maximum(means[pair[0]], means[pair[1]]).mean()) for pair in combinations(means, 2)}
    best = max(together, key=lambda pair: together[pair])
    return best, together[best], max(float(mean.mean()) for mean in means.values())
