"""Low-fidelity measurements as features."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from weaknas.errors import InvalidOption

from .shared import Doubles
from .shared.meta import DelegatingPredictor

__all__ = ["MultiFidelity"]


class MultiFidelity(DelegatingPredictor):
    """A predictor that also sees scores of cheaper evaluations, such as few epochs: `multi-fidelity:xgboost`.

    The last columns of the features are lower-fidelity scores in percent, NaN where an architecture was not evaluated
    at that fidelity. For each of them a copy of the member is fitted to the other features and imputes what is
    missing; then the member is fitted to all columns. (The recursive scheme of Kennedy & O'Hagan, Biometrika 2000,
    with any predictor in place of its Gaussian processes.)

    Args:
        member: the predictor, or its name.
        columns: number of columns that are lower-fidelity scores.
        random_state: seed of the member, where it takes one; None leaves the member's own.
    """

    check_exceptions: ClassVar[dict[str, str]] = {"check_estimators_pickle": "NaN is allowed in the last columns only"}

    def __init__(self, member: Any = "xgboost", columns: int = 1, random_state: int | None = None) -> None:
        self.member = member
        self.columns = columns
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f + columns)` features and `(n,)` scores in percent, forgetting any earlier fit.

        Raises:
            InvalidOption: there are not that many columns besides the features of the architecture.
        """
        features, scores = self._check_training(X, y)
        if not 0 < self.columns < features.shape[1]:
            raise InvalidOption(
                f"{self.columns} of {features.shape[1]} feature(s) cannot be lower-fidelity scores beside those of an "
                f"architecture; set columns to fewer."
            )
        architecture, low = np.split(features, [-self.columns], axis=1)
        self.imputers_ = [self._imputer(architecture, column) for column in low.T]
        self.member_ = self.unfitted_member(self.random_state).fit(self._member_features(features), scores)
        return self

    def _imputer(self, architecture: Doubles, column: Doubles) -> Any:
        """Return a predictor of one fidelity, None if no architecture was evaluated at it."""
        known = ~np.isnan(column)
        return self.unfitted_member(self.random_state).fit(architecture[known], column[known]) if known.any() else None

    def _member_features(self, features: Any) -> Any:
        """Return the features with missing scores imputed, 0 where a fidelity has no imputer."""
        filled = np.array(features)
        architecture, low = np.split(filled, [-self.columns], axis=1)
        for column, imputer in zip(low.T, self.imputers_, strict=True):
            missing = np.isnan(column)
            if imputer is None:
                column[:] = 0.0
            elif missing.any():
                column[missing] = imputer.predict(architecture[missing])
        return filled
