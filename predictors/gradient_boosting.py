"""Gradient-boosted trees of scikit-learn."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor

from .shared import RICH

__all__ = ["GradientBoosting"]


class GradientBoosting(RegressorMixin, BaseEstimator):
    """Boosted trees on histograms (Friedman, Annals of Statistics 2001; Ke et al., NeurIPS 2017).

    Args:
        n_estimators: number of trees.
        learning_rate: step.
        min_samples_leaf: fewest architectures in a leaf. scikit-learn's 20 is for more data than a search has.
        random_state: seed of the histograms' subsample, which only more than 200,000 architectures need.
    """

    encodings: ClassVar[tuple[str, ...]] = RICH

    def __init__(
        self,
        n_estimators: int = 200,
        learning_rate: float = 0.05,
        min_samples_leaf: int = 5,
        random_state: int | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        self.model_: Any = HistGradientBoostingRegressor(
            max_iter=self.n_estimators,
            learning_rate=self.learning_rate,
            min_samples_leaf=self.min_samples_leaf,
            early_stopping=False,  # it would take a tenth of the few evaluations away
            random_state=self.random_state,
        )
        self.model_.fit(X, np.asarray(y, dtype=np.float64))
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return `(m,)` predicted scores in percent."""
        scores: NDArray[np.float64] = self.model_.predict(X)
        return scores
