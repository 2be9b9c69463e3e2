"""BRP-NAS' binary relation predictor."""

from torch import nn

from .gcn import Convolutions
from .networks.regressor import GraphRegressor
from .networks.training import Inputs

__all__ = ["GCNComparator"]


class GCNComparator(GraphRegressor):
    """A network that says which of two architectures is better (Dudziak et al., BRP-NAS, NeurIPS 2020, section 3.2).

    The paper hands the graph vectors of both, side by side, to a linear layer and a softmax, and sorts by comparisons.
    Here the comparison is antisymmetric by construction: i beats j with the probability sigmoid(s(i) - s(j)). Then the
    order of the scores `s` is the order of the wins against any set of opponents, `n` evaluations do for `n^2 / 2`
    comparisons, and a training step compares all pairs in its batch. Needs the extra `torch`.

    Args:
        width: width of the layers; 600 in the paper.
        layers: number of convolutions.
        epochs: passes over the data; see `NetworkRegressor` for this and the options below.
        learning_rate: AdamW's highest learning rate.
        weight_decay: AdamW's decay.
        batch_size: architectures a step.
        members: networks whose mean is the prediction.
        warm_start: whether a fit continues from the last one.
        random_state: seed of initial weights and batches.
    """

    loss = "logistic"

    def __init__(
        self,
        width: int = 128,
        layers: int = 4,
        epochs: int = 100,
        learning_rate: float = 5e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        members: int = 1,
        warm_start: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.width = width
        self.layers = layers
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.members = members
        self.warm_start = warm_start
        self.random_state = random_state

    def _make_network(self, inputs: Inputs) -> nn.Module:
        return Convolutions(inputs, self.width, self.layers)
