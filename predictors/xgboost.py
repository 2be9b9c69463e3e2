"""Gradient-boosted trees of XGBoost."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin

__all__ = ["XGBoost"]


class XGBoost(RegressorMixin, BaseEstimator):
    """Boosted regression trees (Chen & Guestrin, KDD 2016), the paper's second weak predictor.

    The WeakNAS release uses `XGBoost(n_estimators=1000, max_depth=20)` with XGBoost's default step of 0.3.
    Needs the extra `xgboost`.

    Args:
        n_estimators: number of trees.
        max_depth: depth of a tree.
        learning_rate: step (eta).
        random_state: seed.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.3,
        random_state: int | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores."""
        try:
            from xgboost import XGBRegressor
        except ImportError as error:
            raise ImportError("xgboost is not installed; run: pip install 'weaknas[xgboost]'") from error
        self.model_: Any = XGBRegressor(
            n_estimators=self.n_estimators,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            random_state=self.random_state,
            n_jobs=1,  # results must not depend on the machine's cores
        )
        self.model_.fit(np.asarray(X, dtype=np.float32), np.asarray(y))
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return `(m,)` predicted scores."""
        scores: NDArray[np.float64] = self.model_.predict(np.asarray(X, dtype=np.float32)).astype(np.float64)
        return scores
