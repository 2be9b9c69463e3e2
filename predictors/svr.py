"""Support vector regression."""

from typing import Any

from sklearn.svm import SVR as Model

from .shared.scaled import ScaledRegressor

__all__ = ["SVR"]


class SVR(ScaledRegressor):
    """Support vector regression with an RBF kernel (Drucker et al., NeurIPS 1996).

    Args:
        C: the penalty of an error beyond `epsilon`.
        epsilon: errors below it cost nothing, in deviations of the training scores.
    """

    def __init__(self, C: float = 1.0, epsilon: float = 0.1) -> None:
        self.C = C
        self.epsilon = epsilon

    def _model(self, n: int) -> Any:
        return Model(C=self.C, epsilon=self.epsilon)
