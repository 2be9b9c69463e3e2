"""A multi-layer perceptron of torch, with a choice of losses."""

from typing import ClassVar

from torch import nn

from .networks.layers import Standardize, perceptron
from .networks.regressor import NetworkRegressor
from .networks.training import Inputs

__all__ = ["Network"]


class Network(NetworkRegressor):
    """A multi-layer perceptron on standardised features, for accuracies or for their order.

    The WeakNAS release's perceptron has four layers of 1,000 and the squared error. Needs the extra `torch`; without
    it there is `mlp`.

    Args:
        hidden: widths of the hidden layers.
        loss: see `NetworkRegressor`, as the options below.
        epochs: passes over the data.
        learning_rate: AdamW's highest learning rate.
        weight_decay: AdamW's decay.
        batch_size: architectures a step.
        members: networks whose mean is the prediction.
        warm_start: whether a fit continues from the last one.
        random_state: seed of initial weights and batches.
    """

    encodings: ClassVar[tuple[str, ...]] = ("adjacency+counts", "onehot+counts", "onehot")

    def __init__(
        self,
        hidden: tuple[int, ...] = (128, 128),
        loss: str = "hinge",
        epochs: int = 200,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        members: int = 3,
        warm_start: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.hidden = hidden
        self.loss = loss
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.members = members
        self.warm_start = warm_start
        self.random_state = random_state

    def _make_network(self, inputs: Inputs) -> nn.Module:
        (features,) = inputs
        return nn.Sequential(Standardize(features), *perceptron(features.shape[1], self.hidden))
