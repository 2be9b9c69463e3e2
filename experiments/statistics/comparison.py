"""Strategies against each other, on the same benchmark and the same seeds."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from weaknas.metrics import Metric

from . import intervals

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ENOUGH", "cliques", "in_unit", "nemenyi", "pairs", "ranks", "restricted", "scores", "summary"]

ENOUGH = 0.2
"""A strategy with a smaller share of the seeds of the one that has the most is not ranked."""


def scores(values: dict[tuple[str, str], tuple[list[int], np.ndarray]], index: int = -1) -> "pd.DataFrame":
    """Return one row a run, `benchmark, label, seed, value`, of the values at one point.

    A strategy of which one run's value is not known there is left out: those that are known are not a fair sample.

    Args:
        values: from `curves.at`.
        index: of the point.
    """
    import pandas as pd

    rows = [
        (benchmark, label, seed, float(row[index]))
        for (benchmark, label), (seeds, table) in values.items()
        if not np.isnan(table[:, index]).any()
        for seed, row in zip(seeds, table, strict=True)
    ]
    return pd.DataFrame(rows, columns=["benchmark", "label", "seed", "value"])


def in_unit(table: "pd.DataFrame", metric: Metric) -> "pd.DataFrame":
    """Return a table of estimates from scores, of which higher ones are better, in the metric's own unit.

    Args:
        table: estimates `mean, iqm, median, difference`, each with `_low` and `_high`, as far as they are there.
        metric: what the scores are of.
    """
    if not metric.minimize:
        return table
    turned = table.copy()
    for name in ("mean", "iqm", "median", "difference"):
        if name in table:
            ends = {"": "", "_low": "_high", "_high": "_low"}
            for end, other in ends.items():
                turned[f"{name}{end}"] = metric.oriented(table[f"{name}{other}"])
    return turned


def restricted(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Return one row a run, `benchmark, label, seed, value, ran`: queries to the optimum, cut at a common budget.

    The cut is the shortest failed run of the benchmark, so that every value is known; fewer queries are better, so
    values are negative. `ran` is for `pairs`, which cuts anew for every two: the queries of a run that hit, negative
    as well, and those of one that failed as they are.

    Args:
        runs: from `optimum.hits`.
    """
    failed = runs["queries"].where(~runs["hit"], np.inf).groupby(runs["benchmark"]).transform("min")
    table = runs[["benchmark", "label", "seed"]].copy()
    table["value"] = -np.minimum(runs["queries"], failed)
    table["ran"] = np.where(runs["hit"], -runs["queries"], runs["queries"])
    return table


def summary(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return mean, interquartile mean and median of every strategy with 95 % intervals, the best mean first.

    Args:
        table: `benchmark, label, seed, value`.
    """
    import pandas as pd

    rows = []
    for (benchmark, label), part in table.groupby(["benchmark", "label"], sort=True):
        values, row = part["value"].to_numpy(), {"benchmark": benchmark, "label": label, "runs": len(part)}
        for name, found in (
            ("mean", intervals.bootstrap(values)),
            ("iqm", intervals.bootstrap(values, intervals.interquartile_mean)),
            ("median", intervals.median(values)),
        ):
            row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row)
    names = [f"{name}{end}" for name in ("mean", "iqm", "median") for end in ("", "_low", "_high")]
    made = pd.DataFrame(rows, columns=["benchmark", "label", "runs", *names])
    return made.sort_values(["benchmark", "mean"], ascending=[True, False], ignore_index=True)


def pairs(table: "pd.DataFrame") -> "pd.DataFrame":
    """Compare every two strategies of a benchmark on the seeds that both have: Wilcoxon's signed-rank test.

    The p values of a benchmark are corrected for their number by Holm's method.

    Args:
        table: `benchmark, label, seed, value`, higher is better. With `ran` (see `restricted`), what is compared is
            queries to the optimum, cut at the shortest failed run of the two.

    Returns:
        `benchmark, first, second, seeds, wins, ties, losses, difference, difference_low, difference_high, p, p_holm`:
        how often the first is better, and the mean of first minus second with its bootstrap interval.
    """
    import pandas as pd
    from statsmodels.stats.multitest import multipletests

    parts = []
    for benchmark, part in table.groupby("benchmark", sort=True):
        wide = part.pivot(index="seed", columns="label", values="ran" if "ran" in part else "value")
        cut = _cut if "ran" in part else (lambda both: both)
        rows = [_pair(cut(wide[list(two)].dropna()), *two) for two in combinations(wide.columns, 2)]
        rows = [row for row in rows if row["seeds"]]
        if rows:
            made = pd.DataFrame(rows)
            made["p_holm"] = multipletests(made["p"], method="holm")[1]
            made.insert(0, "benchmark", benchmark)
            parts.append(made)
    names = ["first", "second", "seeds", "wins", "ties", "losses"]
    names += ["difference", "difference_low", "difference_high", "p", "p_holm"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["benchmark", *names])


def _cut(both: "pd.DataFrame") -> "pd.DataFrame":
    """Return minus the queries to the optimum, cut at the shortest failed run: failed ones are above 0 in `both`."""
    shortest = both.where(both > 0).min().min()
    return -both.abs().clip(upper=np.inf if np.isnan(shortest) else shortest)


def _pair(wide: "pd.DataFrame", first: str, second: str) -> dict[str, object]:
    from scipy.stats import wilcoxon

    differences = (wide[first] - wide[second]).dropna().to_numpy()
    signs = np.sign(differences)
    row: dict[str, object] = {"first": first, "second": second, "seeds": len(differences)}
    row |= {"wins": int((signs > 0).sum()), "ties": int((signs == 0).sum()), "losses": int((signs < 0).sum())}
    if len(differences):
        found = intervals.bootstrap(differences)
        # Differences that are all zero leave nothing to rank: no evidence at all.
        p = float(wilcoxon(differences).pvalue) if signs.any() else 1.0
        row |= {"difference": found.value, "difference_low": found.low, "difference_high": found.high, "p": p}
    return row


def ranks(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the mean rank of every strategy over the seeds that all strategies of a benchmark have; 1 is the best.

    A strategy with less than a fifth of the seeds of the one with the most is left out: it would leave the others too
    few seeds in common to tell them apart.

    Args:
        table: `benchmark, label, seed, value`, higher is better.

    Returns:
        `benchmark, label, seeds, rank`, the best first.
    """
    import pandas as pd

    parts = []
    for benchmark, part in table.groupby("benchmark", sort=True):
        wide = _blocks(part)
        if len(wide):
            mean = wide.rank(axis=1, ascending=False).mean().sort_values(kind="stable")
            columns = {"label": mean.index.astype(str), "seeds": len(wide), "rank": mean.to_numpy()}
            parts.append(pd.DataFrame({"benchmark": benchmark, **columns}))
    return (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["benchmark", "label", "seeds", "rank"])
    )


def nemenyi(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return the p values of Nemenyi's test after Friedman's, one row and one column a strategy.

    Args:
        table: `label, seed, value` of one benchmark, of which those seeds and strategies count that `ranks` takes.
    """
    from scikit_posthocs import posthoc_nemenyi_friedman

    wide = _blocks(table)
    found: pd.DataFrame = posthoc_nemenyi_friedman(wide.to_numpy())
    found.index = found.columns = wide.columns
    return found


def cliques(same: NDArray[np.bool_]) -> list[list[int]]:
    """Return the ends of every longest stretch of ranks that a test does not tell apart (Demsar, 2006), from 0.

    Args:
        same: `(k, k)` whether two of the ranked strategies do not differ significantly, in the order of their ranks.
    """
    stretches: list[list[int]] = []
    for first in range(len(same)):
        last = first
        while last + 1 < len(same) and same[first : last + 2, first : last + 2].all():
            last += 1
        if last > first and (not stretches or last > stretches[-1][1]):
            stretches.append([first, last])
    return stretches


def _blocks(part: "pd.DataFrame") -> "pd.DataFrame":
    wide = part.pivot(index="seed", columns="label", values="value")
    seeds = wide.notna().sum()
    shared: pd.DataFrame = wide.loc[:, seeds >= ENOUGH * seeds.max()].dropna()
    return shared
