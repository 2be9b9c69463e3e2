"""The spread of a forest's trees."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checked import Checked

__all__ = ["Spread"]


class Spread(Checked):
    """Adds the deviation over the trees to a forest of scikit-learn; stands before it among the bases."""

    estimators_: list[Any]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores, forgetting any earlier fit."""
        _, scores = self._training(X, y)
        fitted: Self = super().fit(X, scores)  # the features as they are, which may have names
        return fitted

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores, with `return_std` also their `(m,)` standard deviations over the trees."""
        rows = self._asked(X).astype(np.float32, copy=False)
        mean: NDArray[np.float64] = super().predict(X)
        if not return_std:
            return mean
        square = np.zeros(len(rows))
        for tree in self.estimators_:
            square += (tree.predict(rows) - mean) ** 2
        return mean, np.sqrt(square / len(self.estimators_))
