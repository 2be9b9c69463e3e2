"""A Gaussian process."""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from weaknas.errors import InvalidOption

from .shared import RICH
from .shared.checked import CheckedRegressor
from .shared.kernels import KERNELS
from .shared.process import Posterior, learn
from .shared.scaling import ColumnScale, ScoreScale

__all__ = ["GP"]


class GP(CheckedRegressor):
    """An exact Gaussian process on any encoding, with hyper-parameters that maximise the evidence.

    Columns of two values (one-hot, adjacency, path) share a length scale, every other column has its own; length
    scales, amplitude and noise are learned from up to 400 of the evaluated architectures, predictions use all. The
    time of a fit grows with the third power of their number, that of a prediction linearly and that of its
    deviation quadratically: meant for 1,000 evaluations or fewer. Repeatable without a seed.

    Scores with outliers are not normal: where failed architectures lie tens of percent below the others, as in the
    tables of NAS-Bench, use `rank-transform:gp` (Kendall's tau .77 instead of .62 after 424 of NAS-Bench-101).

    Args:
        kernel: `matern52` (twice differentiable) or `rbf`.
    """

    encodings: ClassVar[tuple[str, ...]] = RICH

    def __init__(self, kernel: Literal["matern52", "rbf"] = "matern52") -> None:
        self.kernel = kernel

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit.

        Raises:
            InvalidOption: there is no such kernel.
        """
        if self.kernel not in KERNELS:
            raise InvalidOption(f"the kernel of gp is one of {', '.join(sorted(KERNELS))}, not {self.kernel!r}.")
        kernel, (raw, scores) = KERNELS[self.kernel], self._check_training(X, y)
        self.column_scale_ = ColumnScale.of(raw)
        self.score_scale_ = ScoreScale.of(scores)
        features, targets = self.column_scale_(raw), self.score_scale_(scores)
        low, high = features.min(axis=0), features.max(axis=0)
        binary = ((features == low) | (features == high)).all(axis=0)
        self.hyperparameters_ = learn(kernel, features, targets, np.where(binary, 0, 1))
        self.posterior_ = Posterior(kernel, features, targets, self.hyperparameters_)
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations.

        The deviation is that of the score without the noise of an evaluation.
        """
        features = self._check_query(X)
        mean, std = self.posterior_.predict(self.column_scale_(features), return_std)
        scores = self.score_scale_.inverse(mean)
        return (scores, std * self.score_scale_.scale) if return_std else scores
