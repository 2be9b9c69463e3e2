"""Bayesian linear regression."""

from typing import Any

from numpy.typing import ArrayLike
from sklearn.linear_model import BayesianRidge as Model

from .shared.scaled import ScaledRegressor

__all__ = ["BayesianRidge"]


class BayesianRidge(ScaledRegressor):
    """Linear regression whose penalty and noise maximise the evidence (MacKay, Neural Computation 1992).

    Args:
        iterations: maximum number of updates of penalty and noise.
    """

    def __init__(self, iterations: int = 300) -> None:
        self.iterations = iterations

    def _model(self, n: int) -> Any:
        return Model(max_iter=self.iterations)

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations."""
        if not return_std:
            return super().predict(X)
        features = self._check_query(X)
        mean, std = self.model_.predict(self.column_scale_(features), return_std=True)
        return self.score_scale_.inverse(mean), std * self.score_scale_.scale
