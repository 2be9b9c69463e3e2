"""The deviation over the trees of a forest."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from . import Doubles
from .checked import CheckedRegressor

__all__ = ["ForestMixin"]


class ForestMixin(CheckedRegressor):
    """Adds the deviation over the trees to a forest of scikit-learn, before which it must stand among the bases."""

    estimators_: list[Any]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores, forgetting any earlier fit."""
        _, scores = self._check_training(X, y)
        fitted: Self = super().fit(X, scores)  # the unchecked features, which may have names
        return fitted

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores, with `return_std` also their `(m,)` standard deviations over the trees."""
        rows = self._check_query(X).astype(np.float32, copy=False)
        mean: Doubles = super().predict(X)
        if not return_std:
            return mean
        squares = np.zeros(len(rows))
        for tree in self.estimators_:
            squares += (tree.predict(rows) - mean) ** 2
        return mean, np.sqrt(squares / len(self.estimators_))
