"""What a run has reached after each of its queries; the rows of a frame, run by run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEY", "Values", "new_incumbent", "paper", "runs_of"]

KEY = ("benchmark", "label", "seed")
"""The columns that name a run."""

Values = NDArray[np.floating[Any]]
"""Numbers, one a query, a run or a resample; NaN where not known."""


def runs_of(frame: "pd.DataFrame") -> Iterator["pd.DataFrame"]:
    """Yield the runs of a sorted frame, one frame each."""
    if not len(frame):
        return
    keys = frame[[*KEY]]
    new = (keys.iloc[1:].reset_index(drop=True) != keys.iloc[:-1].reset_index(drop=True)).any(axis=1).to_numpy()
    ends = [*(np.flatnonzero(new) + 1).tolist(), len(frame)]
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        yield frame.iloc[start:end]


def new_incumbent(scores: Values) -> NDArray[np.bool_]:
    """Return `(n,)` where a row becomes the incumbent: its score is above all before it; NaN never is."""
    best = np.fmax.accumulate(scores)
    new = np.ones(len(scores), dtype=bool)
    new[1:] = (best[1:] > best[:-1]) | np.isnan(best[:-1])
    return new & ~np.isnan(scores)


def paper(test: Values, top1: Values) -> Values:
    """Return the `(n,)` values of the paper's protocol: the best test accuracy so far, or the top-1's if better.

    Args:
        test: `(n,)` test accuracies of a run, NaN where not known.
        top1: `(n,)` test accuracy of the predictor's top-1 architecture after a row; NaN where there was no fit.
    """
    last_fit = np.maximum.accumulate(np.where(np.isnan(top1), 0, np.arange(len(top1))))
    best: Values = np.fmax(np.fmax.accumulate(test), top1[last_fit])
    return best
