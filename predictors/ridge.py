"""Ridge regression."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.linear_model import Ridge as Model

from .shared import Doubles
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

    def predict(self, X: ArrayLike) -> Doubles:
        """Return `(m,)` predicted scores in percent."""
        features = self._check_query(X)
        # Scaled weights take one product; scaling every row first takes ten times as long.
        weights = self.model_.coef_ / self.column_scale_.scale
        products = features @ weights.astype(np.result_type(features.dtype, np.float32))
        intercept = self.model_.intercept_ - float(self.column_scale_.mean @ weights)
        return self.score_scale_.inverse(products + intercept)
