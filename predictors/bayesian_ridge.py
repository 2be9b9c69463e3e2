"""Bayesian linear regression."""

from typing import Any

from numpy.typing import ArrayLike
from sklearn.linear_model import BayesianRidge as Model

from .shared.scaled import ScaledRegressor

__all__ = ["BayesianRidge"]


class BayesianRidge(ScaledRegressor):
    """Linear regression whose penalty and noise are those of greatest evidence (MacKay, Neural Computation 1992).

    Args:
        iterations: most updates of penalty and noise.
    """

    def __init__(self, iterations: int = 300) -> None:
        self.iterations = iterations

    def _model(self, n: int) -> Any:
        return Model(max_iter=self.iterations)

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations."""
        if not return_std:
            return super().predict(X)
        features = self._asked(X)
        mean, std = self.model_.predict(self.columns_(features), return_std=True)
        return self.scores_.back(mean), std * self.scores_.scale
