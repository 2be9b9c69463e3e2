"""A random forest."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import RandomForestRegressor

__all__ = ["RandomForest"]


class RandomForest(RandomForestRegressor):
    """scikit-learn's random forest, with the spread of its trees as uncertainty.

    The WeakNAS release uses `RandomForest(n_estimators=1000, max_depth=10)`.

    Args:
        n_estimators: number of trees.
        max_depth: depth of a tree, None for unlimited.
        max_features: share of the features tried at each split.
        random_state: seed of the bootstraps and splits.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int | None = None,
        max_features: float | str = 1.0,
        random_state: int | None = None,
    ) -> None:
        super().__init__(
            n_estimators=n_estimators,
            max_depth=max_depth,
            max_features=max_features,
            random_state=random_state,
        )

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores, with `return_std` also their `(m,)` standard deviations over the trees."""
        mean: NDArray[np.float64] = super().predict(X)
        if not return_std:
            return mean
        rows = np.asarray(X, dtype=np.float32)
        square = np.zeros(len(rows))
        for tree in self.estimators_:
            square += (tree.predict(rows) - mean) ** 2
        return mean, np.sqrt(square / len(self.estimators_))
