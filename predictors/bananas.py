"""The ensemble of BANANAS."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from .ensemble import Ensemble
from .mlp import MLP
from .shared.checked import CheckedRegressor
from .shared.scaling import ScoreScale

__all__ = ["Bananas"]


class Bananas(CheckedRegressor):
    """Five deep and narrow networks on the path encoding (BANANAS, White et al., AAAI 2021).

    As published: networks of ten layers of 20 that differ in their initial weights, 150 epochs of Adam with a step
    of 0.01, and the spread of their predictions as uncertainty. Their loss is the relative error
    |(e' - l) / (e - l) - 1| of the predicted error e', where l is a known lower bound of all errors e. Here the
    networks learn the logarithm of e - l with squared error, which is the same to first order and needs no loss
    that scikit-learn lacks. The release has a constant l for each benchmark; here l is below the best error seen by
    half of that error's distance to the median.

    Args:
        members: networks.
        hidden: widths of their layers.
        epochs: passes over the data.
        learning_rate: Adam's initial step.
        random_state: seed of initial weights and batches.
    """

    encodings: ClassVar[tuple[str, ...]] = ("path", "onehot")

    def __init__(
        self,
        members: int = 5,
        hidden: tuple[int, ...] = (20,) * 10,
        epochs: int = 150,
        learning_rate: float = 0.01,
        random_state: int | None = None,
    ) -> None:
        self.members = members
        self.hidden = hidden
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit."""
        features, scores = self._check_training(X, y)
        best = float(scores.max())
        self.ceiling_ = best + (best - float(np.median(scores)) or 1.0) / 2
        logs = np.log(self.ceiling_ - scores)
        self.scale_ = ScoreScale.of(logs)
        network = MLP(hidden=self.hidden, epochs=self.epochs, learning_rate=self.learning_rate)
        self.ensemble_ = Ensemble(network, members=self.members, random_state=self.random_state)
        self.ensemble_.fit(features, self.scale_(logs))
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations."""
        features = self._check_query(X)
        logs = np.stack([network.predict(features) for network in self.ensemble_.members_])
        # Clipped: the exponential of one network's extrapolation would outweigh all other networks.
        each = self.ceiling_ - np.exp(self.scale_.inverse(np.minimum(logs, 5.0)))
        mean = each.mean(axis=0)
        return (mean, each.std(axis=0)) if return_std else mean
