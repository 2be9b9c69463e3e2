"""The scikit-learn regressor around a network."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import repeat
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from torch import Tensor, nn

from weaknas.spaces import Graphs

from ..shared import Doubles
from ..shared.checked import CheckedRegressor
from ..shared.scaling import ScoreScale, least_squares_line
from .losses import loss_named
from .training import Inputs, TrainingOptions, build, outputs, train_on_scores

__all__ = ["GraphRegressor", "NetworkRegressor"]


class NetworkRegressor(CheckedRegressor):
    """What the torch predictors have in common: they standardise, train, calibrate, and average over members.

    A subclass has `_make_network`, and its `__init__` keeps these options, of which it may add others:

    Args:
        loss: `mse`, or one of the ranking losses `hinge`, `logistic`, `listmle`, `warp` (see `networks.losses`).
            After a ranking loss the outputs are an order only; the least-squares line from them to the training
            scores, which never falls, takes them to percent.
        epochs: passes over the data.
        learning_rate: AdamW's highest learning rate.
        weight_decay: AdamW's decay.
        batch_size: architectures a step.
        members: networks, alike but for their random choices, whose mean is the prediction.
        warm_start: whether a fit continues with the networks of the last one.
        random_state: seed of initial weights and batches.
    """

    loss: str
    epochs: int
    learning_rate: float
    weight_decay: float
    batch_size: int
    members: int
    warm_start: bool
    random_state: int | None
    networks_: list[Any]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores.

        Raises:
            InvalidOption: there is no such loss, or the features are in an encoding that the network cannot use.
        """
        loss_named(self.loss)  # before anything is made
        features, scores = self._check_training(X, y, continues=self._continues)
        inputs = self._inputs(features)
        seeds = check_random_state(self.random_state).randint(2**31, size=self.members).tolist()
        if not self._continues:
            makers = self._network_makers(inputs)
            self.networks_ = [build(make, seed) for make, seed in zip(makers, seeds, strict=False)]
            self.score_scale_ = ScoreScale.of(scores)
        targets = self.score_scale_(scores)
        options = TrainingOptions(self.loss, self.epochs, self.learning_rate, self.weight_decay, self.batch_size)
        for network, seed in zip(self.networks_, seeds, strict=True):
            train_on_scores(network, inputs, torch.from_numpy(targets).float(), options, seed)
        self.lines_ = [self._line(network, inputs, targets) for network in self.networks_]
        return self

    def _line(self, network: nn.Module, inputs: Inputs, targets: Doubles) -> tuple[float, float]:
        """Return slope and offset from a network's outputs to the `(n,)` standardised scores of its training."""
        if self.loss == "mse":
            return 1.0, 0.0
        return least_squares_line(outputs(network, inputs).numpy(), targets)

    def predict(self, X: ArrayLike) -> Doubles:
        """Return `(m,)` predicted scores."""
        inputs = self._inputs(self._check_query(X))
        fitted = zip(self.networks_, self.lines_, strict=True)
        each = [outputs(network, inputs).double().numpy() * slope + offset for network, (slope, offset) in fitted]
        return self.score_scale_.inverse(np.mean(each, axis=0))

    @property
    def _continues(self) -> bool:
        return self.warm_start and hasattr(self, "networks_")

    def _inputs(self, X: ArrayLike) -> Inputs:
        """Return the inputs of the network; here the features as they are."""
        return (_tensor(X),)

    def _network_makers(self, inputs: Inputs) -> Iterable[Callable[[], nn.Module]]:
        """Return what makes the network of each member in turn; here they are alike."""
        return repeat(partial(self._make_network, inputs))

    def _make_network(self, inputs: Inputs) -> nn.Module:
        """Return an untrained network for inputs like these."""
        raise NotImplementedError


class GraphRegressor(NetworkRegressor):
    """A regressor whose network takes graphs: adjacency `(n, v, v)`, kinds `(n, v, k)`, further columns `(n, r)`."""

    encodings: ClassVar[tuple[str, ...]] = ("graph+counts", "graph")

    def _inputs(self, X: ArrayLike) -> Inputs:
        graphs, rest = Graphs.split(X)
        return _tensor(graphs.adjacency), _tensor(graphs.kinds), _tensor(rest)


def _tensor(X: Any) -> Tensor:
    """A copy: torch warns of arrays that cannot be written to."""
    return torch.tensor(np.asarray(X, dtype=np.float32))
