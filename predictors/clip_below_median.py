"""Scores clipped at their median."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from .shared.meta import Wrapper

__all__ = ["ClipBelowMedian"]


class ClipBelowMedian(Wrapper):
    """A predictor that is told the median in place of every score below it: `clip-below-median:gp`.

    How bad the bad half is does not matter to a search, and spends no capacity of the member.

    Args:
        member: the predictor, or its name.
        random_state: seed of the member, where it takes one; None leaves the member's own.
    """

    def __init__(self, member: Any = "gp", random_state: int | None = None) -> None:
        self.member = member
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # of the worse half it knows nothing
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._training(X, y)
        self.member_ = self._fresh(self.random_state).fit(features, np.maximum(scores, np.median(scores)))
        return self
