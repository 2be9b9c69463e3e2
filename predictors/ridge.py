"""Ridge regression."""

from typing import Any

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
