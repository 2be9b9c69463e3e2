"""The architecture that an entry's median run found."""

from typing import TYPE_CHECKING, NamedTuple

from weaknas.metrics import Metric

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Found", "found_by_median_run"]


class Found(NamedTuple):
    """The architecture with the best score of a run; values in the metric's unit, NaN where not known."""

    arch: str
    seed: int
    valid: float
    test: float


def found_by_median_run(rows: "pd.DataFrame", metric: Metric, objective: str) -> Found | None:
    """Return what the median run found, by its value on test, then its score; of an even number the worse of two.

    Args:
        rows: of one entry on one benchmark, sorted by seed and query.
        metric: what was measured.
        objective: the column that its searches saw; the earliest of equals is what a run found.

    Returns:
        None where no evaluation at full fidelity succeeded.
    """
    seen = rows[rows["fidelity"].isna() & rows[objective].notna()].reset_index(drop=True)
    if not len(seen):
        return None
    score, test = (metric.oriented(seen[column]) for column in (objective, metric.test))
    seen = seen.assign(_score=score, _test=test)
    runs = seen.loc[seen.groupby("seed")["_score"].idxmax()]
    runs = runs.sort_values(["_test", "_score", "seed"], na_position="first", kind="stable")
    run = runs.iloc[(len(runs) - 1) // 2]
    return Found(str(run["arch"]), int(run["seed"]), float(run[metric.valid]), float(run[metric.test]))
