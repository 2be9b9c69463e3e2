"""Whether every round of a search samples better than the one before, as WeakNAS claims (Wu et al., NeurIPS 2021)."""

from typing import TYPE_CHECKING

import numpy as np

from . import intervals

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["numbered", "shares", "summary", "trends"]


def numbered(frame: "pd.DataFrame", initial: int, batch: int) -> "pd.DataFrame":
    """Return the rows with their `round`: 1 for the first `initial` queries, then one more for every `batch`.

    Args:
        frame: all queries (`record = "all"`), with `query` counted from 1.
        initial: random queries at the start.
        batch: queries of a later round.
    """
    later = np.maximum(frame["query"].to_numpy() - initial, 0)
    return frame.assign(round=1 + -(-later // batch))


def shares(frame: "pd.DataFrame", threshold: float, score: str = "valid_acc") -> "pd.DataFrame":
    """Return what part of each round is better than the median of the round before, and reaches a threshold.

    Args:
        frame: from `numbered`.
        threshold: a score, such as the one that the best 1 % of the space have.
        score: the column of scores.

    Returns:
        `label, seed, round, better, top`; `better` is NaN in the first round.
    """
    keys = ["label", "seed", "round"]
    grouped = frame.groupby(keys, observed=True)[score]
    made = grouped.agg(median="median", top=lambda values: float((values >= threshold).mean())).reset_index()
    made["before"] = made.groupby(["label", "seed"], observed=True)["median"].shift()
    joined = frame.merge(made[[*keys, "before"]], on=keys)
    better = (joined[score] > joined["before"]).where(joined["before"].notna())
    made["better"] = joined.assign(better=better).groupby(keys, observed=True)["better"].mean().to_numpy(dtype=float)
    return made[[*keys, "better", "top"]]


def summary(table: "pd.DataFrame", measure: str) -> "pd.DataFrame":
    """Return `label, round, mean, low, high` of a share over the seeds, with 95 % bootstrap intervals.

    Args:
        table: from `shares`.
        measure: `better` or `top`.
    """
    import pandas as pd

    rows = []
    for (label, number), part in table.dropna(subset=[measure]).groupby(["label", "round"], observed=True, sort=False):
        found = intervals.bootstrap(part[measure].to_numpy())
        rows.append((label, number, found.value, found.low, found.high))
    return pd.DataFrame(rows, columns=["label", "round", "mean", "low", "high"])


def trends(table: "pd.DataFrame", measure: str, until: int) -> "pd.DataFrame":
    """Test whether a share rises from round to round: Page's test, each seed a block.

    Args:
        table: from `shares`.
        measure: `better` or `top`.
        until: the last round that is tested, chosen before the data are seen.

    Returns:
        `label, seeds, p, peak`: the p value of no trend against a rise, and the round where the mean is highest.
    """
    import pandas as pd
    from scipy.stats import page_trend_test

    rows = []
    for label, part in table.dropna(subset=[measure]).groupby("label", observed=True, sort=False):
        wide = part.pivot(index="seed", columns="round", values=measure).dropna()
        p = page_trend_test(wide.loc[:, :until].to_numpy()).pvalue
        rows.append((label, len(wide), float(p), int(wide.columns.to_numpy()[wide.mean().to_numpy().argmax()])))
    return pd.DataFrame(rows, columns=["label", "seeds", "p", "peak"])
