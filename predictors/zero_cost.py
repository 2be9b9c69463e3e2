"""Free features: cost and zero-cost proxies."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from .gp import GP
from .rank_transform import RankTransform
from .shared import RICH, Doubles
from .shared.checked import CheckedRegressor

__all__ = ["ZeroCost"]

_LOG_RATIO = 10.0  # a positive column whose maximum is more than this times its minimum is taken as logarithms


class ZeroCost(CheckedRegressor):
    """A Gaussian process that also sees the free features of a table: parameters, MACs, latencies, zero-cost proxies.

    Zero-cost proxies score untrained networks (Abdelfattah et al., ICLR 2021); that they help a predictor beside
    the encoding is the finding of White et al., NeurIPS 2021 (How Powerful are Performance Predictors?). The
    process learns Gaussian ranks of the scores (`rank-transform:gp`); each number gets a length scale of its own,
    so that an uninformative proxy is ignored. Positive columns that span more than one decade are taken as
    logarithms. Repeatable without a seed.
    """

    encodings: ClassVar[tuple[str, ...]] = (f"{RICH[0]}+features", "onehot+counts+features", "onehot+features", *RICH)

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._check_training(X, y)
        columns = features.astype(np.float64)
        self.minimum_ = columns.min(axis=0)
        self.log_columns_ = (self.minimum_ > 0) & (columns.max(axis=0) > _LOG_RATIO * self.minimum_)
        self.model_ = RankTransform(GP()).fit(self._with_logarithms(columns), scores)
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations."""
        features = self._check_query(X)
        return self.model_.predict(self._with_logarithms(features), return_std=return_std)

    def _with_logarithms(self, X: ArrayLike) -> Doubles:
        """Return `(m, f)` features, wide columns as logarithms; values far below the training minimum are clipped."""
        columns = np.array(X, dtype=np.float64)
        columns[:, self.log_columns_] = np.log(
            np.maximum(columns[:, self.log_columns_], self.minimum_[self.log_columns_] / _LOG_RATIO)
        )
        return columns
