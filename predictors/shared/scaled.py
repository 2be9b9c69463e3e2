"""The common part of predictors that wrap a scikit-learn model on scaled features and scores."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike

from . import RICH, Doubles
from .checked import CheckedRegressor
from .scaling import ColumnScale, ScoreScale

__all__ = ["ScaledRegressor"]


class ScaledRegressor(CheckedRegressor, ABC):
    """A scikit-learn regressor that sees standardised features and standardised scores."""

    encodings: ClassVar[tuple[str, ...]] = RICH

    @abstractmethod
    def _model(self, n: int) -> Any:
        """Return an unfitted model for `n` training architectures."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._check_training(X, y)
        self.column_scale_ = ColumnScale.of(features)
        self.score_scale_ = ScoreScale.of(scores)
        self.model_: Any = self._model(len(scores)).fit(self.column_scale_(features), self.score_scale_(scores))
        return self

    def predict(self, X: ArrayLike) -> Doubles:
        """Return `(m,)` predicted scores in percent."""
        features = self._check_query(X)
        return self.score_scale_.inverse(self.model_.predict(self.column_scale_(features)))
