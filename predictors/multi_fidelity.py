"""Low-fidelity measurements as features."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weaknas.errors import InvalidOption

from .shared.meta import Wrapper

__all__ = ["MultiFidelity"]

Floats = NDArray[np.float64]


class MultiFidelity(Wrapper):
    """A predictor that also sees scores of cheaper evaluations, few epochs say: `multi-fidelity:xgboost`.

    The last columns of the features are lower-fidelity scores in percent, NaN where an architecture was not
    evaluated so. One copy of the member for each of them learns it from the other features and fills its gaps;
    the member proper learns from all columns. (The recursive scheme of Kennedy & O'Hagan, Biometrika 2000, with
    any predictor in the place of its Gaussian processes.)

    Args:
        member: the predictor, or its name.
        columns: how many columns are lower-fidelity scores.
        random_state: seed of the member, where it takes one; None leaves the member's own.
    """

    check_exceptions: ClassVar[dict[str, str]] = {"check_estimators_pickle": "NaN may stand in the last columns only"}

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
            InvalidOption: there are not that many columns beside the features of the architecture.
        """
        features, scores = self._training(X, y)
        if not 0 < self.columns < features.shape[1]:
            raise InvalidOption(
                f"{self.columns} of {features.shape[1]} feature(s) cannot be lower-fidelity scores beside those of an "
                f"architecture; set columns to fewer."
            )
        architecture, low = np.split(features, [-self.columns], axis=1)
        self.low_ = [self._learn(architecture, column) for column in low.T]
        self.member_ = self._fresh(self.random_state).fit(self._seen(features), scores)
        return self

    def _learn(self, architecture: Floats, column: Floats) -> Any:
        """Return a predictor of one fidelity, None where nothing was measured."""
        known = ~np.isnan(column)
        return self._fresh(self.random_state).fit(architecture[known], column[known]) if known.any() else None

    def _seen(self, features: Any) -> Any:
        """Return the features with the gaps filled, 0 where nothing is known of a fidelity."""
        filled = np.array(features)
        architecture, low = np.split(filled, [-self.columns], axis=1)
        for column, predictor in zip(low.T, self.low_, strict=True):
            gaps = np.isnan(column)
            if predictor is None:
                column[:] = 0.0
            elif gaps.any():
                column[gaps] = predictor.predict(architecture[gaps])
        return filled
