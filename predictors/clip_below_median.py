"""Scores clipped at their median."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .shared.meta import DelegatingPredictor

__all__ = ["ClipBelowMedian"]


class ClipBelowMedian(DelegatingPredictor):
    """A predictor fitted to the median in place of every score below it: `clip-below-median:gp`.

    How bad the worse half is does not matter to a search, and takes none of the member's capacity.

    Args:
        member: the predictor, or its name.
        random_state: seed of the member, where it takes one; None leaves the member's own.
    """

    def __init__(self, member: Any = "gp", random_state: int | None = None) -> None:
        self.member = member
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # it cannot tell the worse half apart
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._check_training(X, y)
        self.member_ = self.unfitted_member(self.random_state).fit(features, np.maximum(scores, np.median(scores)))
        return self
