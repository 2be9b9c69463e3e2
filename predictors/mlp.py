"""A multi-layer perceptron, the paper's weak predictor."""

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from .shared.checked import Checked
from .shared.scaling import Scores

__all__ = ["MLP"]

_INTERRUPTED = "Training interrupted by user"  # scikit-learn's warning


class MLP(Checked):
    """A multi-layer perceptron (scikit-learn's `MLPRegressor`, Adam, ReLU) on standardised scores, in float32.

    The WeakNAS release uses `MLP(hidden=(1000,) * 4, epochs=100, learning_rate=1e-3)` in float64. A round of
    a search with the default here costs a sixtieth of it, and 20 seeds see no difference (docs/speed.md).

    Args:
        hidden: widths of the hidden layers.
        epochs: passes over the data.
        learning_rate: Adam's initial step.
        alpha: L2 penalty.
        warm_start: whether a fit goes on from the weights of the fit before instead of forgetting them.
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
        goes_on = self.warm_start and hasattr(self, "network_")
        features, targets = self._training(X, y, goes_on=goes_on)
        self.scores_ = Scores.of(targets)
        if goes_on:
            self.network_.best_loss_ = np.inf  # or the loss of the fit before would count as this one's progress
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
                self.network_.fit(features.astype(np.float32, copy=False), self.scores_(targets).astype(np.float32))
            except UserWarning as warning:
                if not str(warning).startswith(_INTERRUPTED):
                    raise
                raise KeyboardInterrupt from warning  # scikit-learn would go on with half a fit
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return `(m,)` predicted scores."""
        features = self._asked(X).astype(np.float32, copy=False)
        scores = self.network_.predict(features)
        return self.scores_.back(np.asarray(scores, dtype=np.float64))
