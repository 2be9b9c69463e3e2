"""A multi-layer perceptron, the paper's weak predictor."""

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from .shared import Doubles
from .shared.checked import CheckedRegressor
from .shared.scaling import ScoreScale

__all__ = ["MLP"]

_INTERRUPTED = "Training interrupted by user"  # scikit-learn's warning


class MLP(CheckedRegressor):
    """A multi-layer perceptron (scikit-learn's `MLPRegressor`, Adam, ReLU) on standardised scores, in float32.

    The WeakNAS release uses `MLP(hidden=(1000,) * 4, epochs=100, learning_rate=1e-3)` in float64. A round of
    a search with the default here costs a sixtieth of it, and 20 seeds see no difference (docs/speed.md).

    Args:
        hidden: widths of the hidden layers.
        epochs: passes over the data.
        learning_rate: Adam's initial step.
        alpha: L2 penalty.
        warm_start: whether a fit continues from the weights of the last one instead of forgetting them.
        random_state: seed of initial weights and batches.
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (100, 100, 100),
        epochs: int = 200,
        learning_rate: float = 5e-3,
        alpha: float = 1e-4,
        warm_start: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.alpha = alpha
        self.warm_start = warm_start
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores."""
        continues = self.warm_start and hasattr(self, "network_")
        features, scores = self._check_training(X, y, continues=continues)
        features = features.astype(np.float32, copy=False)
        self.score_scale_ = ScoreScale.of(scores)
        if continues:
            self.network_.best_loss_ = np.inf  # or the last fit's loss would count as this one's progress
        else:
            self.network_: Any = MLPRegressor(
                hidden_layer_sizes=self.hidden,
                max_iter=self.epochs,
                learning_rate_init=self.learning_rate,
                alpha=self.alpha,
                warm_start=self.warm_start,
                random_state=self.random_state,
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is the design
            warnings.filterwarnings("error", _INTERRUPTED, UserWarning)
            try:
                self.network_.fit(features, self.score_scale_(scores).astype(np.float32))
            except UserWarning as warning:
                if not str(warning).startswith(_INTERRUPTED):
                    raise
                raise KeyboardInterrupt from warning  # scikit-learn would keep half a fit
        return self

    def predict(self, X: ArrayLike) -> Doubles:
        """Return `(m,)` predicted scores."""
        features = self._check_query(X).astype(np.float32, copy=False)
        scores = self.network_.predict(features)
        return self.score_scale_.inverse(np.asarray(scores, dtype=np.float64))
