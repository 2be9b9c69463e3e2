"""Fitting a predictor and scoring architectures with it, checked and repeatable.

Fits and predictions run on one BLAS thread, and predictions go over fixed blocks of rows, so that the numbers
do not depend on how many workers there are.
"""

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from .contracts import Predictor, Scores
from .errors import PluginError
from .spaces import Floats
from .spaces.rows import BLOCK

__all__ = ["fit", "predict"]


def fit(predictor: Predictor, features: Floats, scores: Scores) -> None:
    """Fit a predictor to `(n, f)` features and `(n,)` finite scores.

    Raises:
        PluginError: the predictor raised; the message names it and what it said.
    """
    with threadpool_limits(1):
        try:
            predictor.fit(features, scores)
        except Exception as error:
            raise _broken(predictor, f"failed to fit {features.shape[0]} architectures: {error}") from error


def predict(predictor: Predictor, features: Floats, jobs: int = 1) -> Scores:
    """Return `(m,)` predicted scores.

    Args:
        predictor: a fitted predictor.
        features: `(m, f)`, possibly memory-mapped.
        jobs: threads that share the blocks; they do not change the result.

    Raises:
        PluginError: the predictor raised, or returned NaN or a wrong shape.
    """

    def block(start: int) -> Scores:
        part = np.ascontiguousarray(features[start : start + BLOCK])
        try:
            scores = np.asarray(predictor.predict(part), dtype=np.float64)
        except Exception as error:
            raise _broken(predictor, f"failed to predict {len(part)} architectures: {error}") from error
        if scores.shape != (len(part),):
            raise _broken(
                predictor, f"returned shape {scores.shape} for {len(part)} architectures, not ({len(part)},)"
            )
        if not np.isfinite(scores).all():
            bad = int((~np.isfinite(scores)).sum())
            raise _broken(predictor, f"returned NaN or infinity for {bad} of {len(part)} architectures")
        return scores

    starts = range(0, len(features), BLOCK)
    with threadpool_limits(1):
        if jobs == 1 or len(starts) == 1:
            return np.concatenate([block(start) for start in starts])
        return np.concatenate(Parallel(n_jobs=jobs, prefer="threads")(delayed(block)(start) for start in starts))


def _broken(predictor: Predictor, what: str) -> PluginError:
    return PluginError(f"the predictor {type(predictor).__name__} {what}.")
