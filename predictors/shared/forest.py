"""The spread of a forest's trees."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Spread"]


class Spread:
    """Adds the deviation over the trees to a forest of scikit-learn; stands before it among the bases."""

    estimators_: list[Any]

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores, with `return_std` also their `(m,)` standard deviations over the trees."""
        mean: NDArray[np.float64] = super().predict(X)  # type: ignore[misc]
        if not return_std:
            return mean
        rows = np.asarray(X, dtype=np.float32)
        square = np.zeros(len(rows))
        for tree in self.estimators_:
            square += (tree.predict(rows) - mean) ** 2
        return mean, np.sqrt(square / len(self.estimators_))
