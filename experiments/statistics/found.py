"""The architecture that an entry's median run found."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Found", "found_by_median_run"]


class Found(NamedTuple):
    """The architecture with the best score of a run; accuracies in percent, NaN where not known."""

    arch: str
    seed: int
    valid_acc: float
    test_acc: float


def found_by_median_run(rows: "pd.DataFrame", objective: str) -> Found | None:
    """Return what the median run found, by its test accuracy, then its score; of an even number the worse of two.

    Args:
        rows: of one entry on one benchmark, sorted by seed and query.
        objective: the column that its searches saw; the earliest of equals is what a run found.

    Returns:
        None where no evaluation at full fidelity succeeded.
    """
    seen = rows[rows["fidelity"].isna() & rows[objective].notna()].reset_index(drop=True)
    if not len(seen):
        return None
    runs = seen.loc[seen.groupby("seed")[objective].idxmax()]
    runs = runs.sort_values(["test_acc", objective, "seed"], na_position="first", kind="stable")
    run = runs.iloc[(len(runs) - 1) // 2]
    return Found(str(run["arch"]), int(run["seed"]), float(run["valid_acc"]), float(run["test_acc"]))
