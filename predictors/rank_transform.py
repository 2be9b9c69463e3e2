"""Gaussian ranks in place of scores."""

from typing import Any, Self

from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import rankdata

from .shared.meta import DelegatingPredictor
from .shared.scaling import least_squares_line

__all__ = ["RankTransform"]


class RankTransform(DelegatingPredictor):
    """A predictor of Gaussian ranks: `rank-transform:gp`.

    The score of rank r among n (1 the lowest, equal scores share the mean of their ranks) becomes the normal quantile
    of (r - 1/2) / n. So a few failed architectures do not outweigh the differences among the good ones. A straight
    line fitted to the training scores takes predictions, and deviations, back to percent.

    Args:
        member: the predictor, or its name.
        random_state: seed of the member, where it takes one; None leaves the member's own.
    """

    def __init__(self, member: Any = "gp", random_state: int | None = None) -> None:
        self.member = member
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._check_training(X, y)
        quantiles = ndtri((rankdata(scores) - 0.5) / len(scores))
        self.member_ = self.unfitted_member(self.random_state).fit(features, quantiles)
        self.line_ = least_squares_line(quantiles, scores)
        return self
