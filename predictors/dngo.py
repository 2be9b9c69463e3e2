"""Bayesian linear regression on what a network has learned."""

from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike
from sklearn.linear_model import BayesianRidge
from torch import nn

from .networks.layers import Standardize
from .networks.regressor import NetworkRegressor
from .networks.training import Inputs, outputs
from .shared import Doubles

__all__ = ["DNGO"]


class DNGO(NetworkRegressor):
    """Deep networks for global optimisation (Snoek et al., ICML 2015): a network whose last layer is Bayesian.

    A perceptron is trained for the squared error; then its last layer is replaced by Bayesian linear regression on
    the last hidden layer's activations, with the precisions of weights and noise that maximise the evidence (MacKay's
    fixed point in scikit-learn's `BayesianRidge`, whose priors on them are all but flat). The paper integrates the
    two out by sampling. The last hidden layer is tanh, as in the paper, so that the deviation grows smoothly and is
    bounded. Needs the extra `torch`.

    Args:
        hidden: widths of the hidden layers; the last one's is the number of basis functions.
        epochs: passes over the data.
        learning_rate: AdamW's highest learning rate.
        weight_decay: AdamW's decay.
        batch_size: architectures a step.
        warm_start: whether a fit continues from the last one.
        random_state: seed of initial weights and batches.
    """

    encodings: ClassVar[tuple[str, ...]] = ("adjacency+counts", "onehot+counts", "onehot")
    loss = "mse"
    members = 1

    def __init__(
        self,
        hidden: tuple[int, ...] = (128, 128, 64),
        epochs: int = 200,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        warm_start: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.warm_start = warm_start
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores."""
        super().fit(X, y)
        features, scores = self._check_training(X, y, continues=True)
        self.linear_: Any = BayesianRidge(tol=1e-6)
        self.linear_.fit(self._basis(features), self.score_scale_(scores))
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores, with `return_std` also their `(m,)` standard deviations, noise included."""
        basis = self._basis(self._check_query(X))
        if not return_std:
            return self.score_scale_.inverse(self.linear_.predict(basis))
        mean, std = self.linear_.predict(basis, return_std=True)
        return self.score_scale_.inverse(mean), std * self.score_scale_.scale

    def _basis(self, X: ArrayLike) -> Doubles:
        """Return the `(m, hidden[-1])` activations of the last hidden layer."""
        (network,) = self.networks_
        basis: Doubles = outputs(network[:-2], self._inputs(X)).double().numpy()
        return basis

    def _make_network(self, inputs: Inputs) -> nn.Module:
        (features,) = inputs
        sizes = (features.shape[1], *self.hidden)
        layers: list[nn.Module] = [Standardize(features)]
        for before, width in zip(sizes, self.hidden, strict=False):
            layers += [nn.Linear(before, width), nn.SiLU()]
        layers[-1] = nn.Tanh()
        return nn.Sequential(*layers, nn.Linear(sizes[-1], 1), nn.Flatten(0))
