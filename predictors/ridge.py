"""Ridge regression."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import Ridge as Model

from .shared.scaled import ScaledRegressor

__all__ = ["Ridge"]


class Ridge(ScaledRegressor):
    """Linear least squares with an L2 penalty (Hoerl & Kennard, Technometrics 1970) on standardised features.

    Args:
        alpha: the penalty, in units of one training architecture.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def _model(self, n: int) -> Any:
        return Model(alpha=self.alpha)

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return `(m,)` predicted scores in percent."""
        features = self._asked(X)
        # The scale goes into the weights: one product, where scaling every row first takes ten times as long.
        weights = self.model_.coef_ / self.columns_.scale
        products = features @ weights.astype(np.result_type(features.dtype, np.float32))
        return self.scores_.back(products + (self.model_.intercept_ - float(self.columns_.mean @ weights)))
