"""What is free to know as features."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .gp import GP
from .rank_transform import RankTransform
from .shared import RICH
from .shared.checked import Checked

__all__ = ["ZeroCost"]

_WIDE = 10.0  # a column whose greatest value is more than so many times its least is seen in logarithms


class ZeroCost(Checked):
    """A Gaussian process that also sees what a table knows for free: parameters, MACs, latencies, zero-cost proxies.

    Zero-cost proxies score untrained networks (Abdelfattah et al., ICLR 2021); that they help a predictor beside
    the encoding is the finding of White et al., NeurIPS 2021 (How Powerful are Performance Predictors?). The
    process learns Gaussian ranks of the scores (`rank-transform:gp`); each number gets a length scale of its own,
    so that a proxy that says nothing falls silent. Positive columns that span more than one decade are taken as
    logarithms. Repeatable without a seed.
    """

    encodings: ClassVar[tuple[str, ...]] = (f"{RICH[0]}+features", "onehot+counts+features", "onehot+features", *RICH)

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._training(X, y)
        columns = features.astype(np.float64)
        self.least_ = columns.min(axis=0)
        self.wide_ = (self.least_ > 0) & (columns.max(axis=0) > _WIDE * self.least_)
        self.model_ = RankTransform(GP()).fit(self._levelled(columns), scores)
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations."""
        features = self._asked(X)
        return self.model_.predict(self._levelled(features), return_std=return_std)

    def _levelled(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the features with the wide columns as logarithms; far below the least one seen they are cut off."""
        columns = np.array(X, dtype=np.float64)
        columns[:, self.wide_] = np.log(np.maximum(columns[:, self.wide_], self.least_[self.wide_] / _WIDE))
        return columns
