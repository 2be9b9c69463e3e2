"""The common part of predictors that wrap a scikit-learn model on scaled features and scores."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import RICH
from .checked import Checked
from .scaling import Columns, Scores

__all__ = ["ScaledRegressor"]


class ScaledRegressor(Checked, ABC):
    """A scikit-learn regressor that sees standardised features and standardised scores."""

    encodings: ClassVar[tuple[str, ...]] = RICH

    @abstractmethod
    def _model(self, n: int) -> Any:
        """Return an unfitted model for `n` training architectures."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._training(X, y)
        self.columns_ = Columns.of(features)
        self.scores_ = Scores.of(scores)
        self.model_: Any = self._model(len(scores)).fit(self.columns_(features), self.scores_(scores))
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return `(m,)` predicted scores in percent."""
        features = self._asked(X)
        return self.scores_.back(self.model_.predict(self.columns_(features)))
