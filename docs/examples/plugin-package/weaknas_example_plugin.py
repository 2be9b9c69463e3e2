"""A predictor for weaknas, found by the name that pyproject.toml gives it."""

from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

__all__ = ["MedianOfRidges"]


class MedianOfRidges(RegressorMixin, BaseEstimator):
    """The median of ridge regressions, each on a bootstrap of the architectures, and their spread.

    Args:
        members: number of regressions.
        alpha: their L2 penalty.
        random_state: seed of the bootstraps.
    """

    def __init__(self, members: int = 25, alpha: float = 1.0, random_state: int | None = None) -> None:
        self.members = members
        self.alpha = alpha
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        rng = check_random_state(self.random_state)
        draws = rng.randint(len(X), size=(self.members, len(X)))
        self.ridges_ = [Ridge(self.alpha).fit(X[rows], y[rows]) for rows in draws]
        return self

    def predict(self, X: np.ndarray, return_std: bool = False) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Return `(m,)` predicted scores, with `return_std` also their `(m,)` standard deviations."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        each = np.stack([ridge.predict(X) for ridge in self.ridges_])
        middle = np.median(each, axis=0)
        return (middle, each.std(axis=0)) if return_std else middle
