"""How many queries it takes to find the best architecture; runs that ended without it count as failures."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import intervals
from .runs import runs_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Target", "ecdf", "expected_running_time", "hits", "summary"]

Target = Literal["valid", "test"]


def hits(frame: "pd.DataFrame", target: Target) -> "pd.DataFrame":
    """Return one row for every run of the benchmarks whose optimum is known.

    A hit is the first row that attains the best mean accuracy in the benchmark; ties count, isomorphs do not.

    Args:
        frame: a study's results, sorted.
        target: the best mean validation or the best mean test accuracy.

    Returns:
        `benchmark, label, seed, hit, queries, hours`: the queries and hours of training until the hit, or until the
        run ended without one.
    """
    import pandas as pd

    rows = []
    for run in runs_of(frame):
        flags = run[f"hit_{target}"]
        if flags.isna().all():
            continue
        hit = flags.fillna(False).to_numpy(dtype=bool)
        last = int(np.argmax(hit)) if hit.any() else len(run) - 1
        row = run.iloc[last]
        key = {"benchmark": str(row["benchmark"]), "label": str(row["label"]), "seed": int(row["seed"])}
        spent = {"queries": float(row["cost"]), "hours": float(row["spent_seconds"]) / 3600}
        rows.append({**key, "hit": bool(hit.any()), **spent})
    return pd.DataFrame(rows, columns=["benchmark", "label", "seed", "hit", "queries", "hours"])


def summary(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Return the success rate, the expected running time and the median of every strategy, with 95 % intervals.

    The expected running time (ERT) is the queries of all runs divided by the number of runs that hit: what it costs to
    hit once if one starts again after a failure. The median counts a failure as infinite. No mean of the queries
    until a hit is given: over runs that end at a budget it would flatter the strategies that fail.

    Args:
        runs: from `hits`.

    Returns:
        `benchmark, label, runs, hits, budget, success, ert, median`, and `_low` and `_high` of the last three;
        infinite where no run, or fewer than half, hit; `budget` is the longest failed run, NaN if none failed.
    """
    import pandas as pd

    rows = []
    for (benchmark, label), part in runs.groupby(["benchmark", "label"], sort=True):
        queries, hit = part["queries"].to_numpy(), part["hit"].to_numpy()
        row: dict[str, Any] = {"benchmark": benchmark, "label": label, "runs": len(part), "hits": int(hit.sum())}
        row["budget"] = queries[~hit].max() if not hit.all() else np.nan
        for name, found in (
            ("success", intervals.share(int(hit.sum()), len(part))),
            ("ert", expected_running_time(queries, hit)),
            ("median", intervals.median(np.where(hit, queries, np.inf))),
        ):
            row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row)
    names = ("success", "ert", "median")
    columns = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["benchmark", "label", "runs", "hits", "budget", *columns])


def expected_running_time(queries: np.ndarray, hit: np.ndarray) -> intervals.Interval:
    """Return the ERT of `(n,)` runs with its bootstrap interval; infinite, and without one, where no run hit.

    What is resampled is hits per query, which is finite for every resample; its inverse is the ERT.
    """
    from scipy.stats import bootstrap

    rate, low, high = hit.sum() / queries.sum(), np.nan, np.nan
    if len(hit) > 1 and hit.any():
        found = bootstrap(
            (queries.astype(np.float64), hit.astype(np.float64)),
            lambda q, h, axis: h.sum(axis=axis) / q.sum(axis=axis),
            paired=True,
            vectorized=True,
            n_resamples=intervals.RESAMPLES,
            confidence_level=intervals.CONFIDENCE,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
        low, high = found.low, found.high
    with np.errstate(divide="ignore"):
        inverse = [float(np.divide(1.0, number)) for number in (rate, high, low)]
    return intervals.Interval(*inverse)


def ecdf(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Return the share of the runs of every strategy that have hit after so many queries.

    Steps from 0 at 0 to the shortest failed run, up to which nothing is censored; to the longest run if none failed.

    Args:
        runs: from `hits`.

    Returns:
        `benchmark, label, queries, share`.
    """
    import pandas as pd

    parts = []
    for (benchmark, label), part in runs.groupby(["benchmark", "label"], sort=True):
        failed = part["queries"][~part["hit"]]
        end = failed.min() if len(failed) else part["queries"].max()
        at = np.sort(part["queries"][part["hit"]].to_numpy())
        at = at[at <= end]
        queries = np.concatenate([[0.0], at, [end]])
        steps = np.concatenate([[0], np.arange(1, len(at) + 1), [len(at)]]) / len(part)
        parts.append(pd.DataFrame({"benchmark": benchmark, "label": label, "queries": queries, "share": steps}))
    empty = pd.DataFrame(columns=["benchmark", "label", "queries", "share"])
    return pd.concat(parts, ignore_index=True) if parts else empty
