"""Graph convolution in the manner of BRP-NAS."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .networks.layers import ReadOut
from .networks.regressor import GraphRegressor
from .networks.training import Inputs

__all__ = ["GCN", "Convolutions"]


class GCN(GraphRegressor):
    """A graph convolution network with a global vertex (Dudziak et al., BRP-NAS, NeurIPS 2020, section 3).

    A layer gives each vertex the mean of the messages of its predecessors and itself, plus the mean of those of its
    successors and itself, each direction with weights of its own. A global vertex, which all others lead to, is read
    out. The paper's network is `GCN(width=600, layers=4, loss="mse", epochs=250, learning_rate=3.5e-4)` on the
    encoding `graph`. Written from the paper's description. Needs the extra `torch`.

    Args:
        width: width of the layers.
        layers: number of convolutions.
        loss: see `NetworkRegressor`, as the options below.
        epochs: passes over the data.
        learning_rate: AdamW's highest learning rate.
        weight_decay: AdamW's decay.
        batch_size: architectures a step.
        members: networks whose mean is the prediction.
        warm_start: whether a fit continues from the last one.
        random_state: seed of initial weights and batches.
    """

    def __init__(
        self,
        width: int = 128,
        layers: int = 4,
        loss: str = "hinge",
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
        self.loss = loss
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.members = members
        self.warm_start = warm_start
        self.random_state = random_state

    def _make_network(self, inputs: Inputs) -> nn.Module:
        return Convolutions(inputs, self.width, self.layers)


class Convolutions(nn.Module):
    """The network: from adjacency, kinds and further columns to `(n,)` outputs."""

    def __init__(self, inputs: Inputs, width: int, layers: int) -> None:
        super().__init__()
        _, kinds, columns = inputs
        widths = list(pairwise([kinds.shape[2], *[width] * layers]))
        self.down = nn.ModuleList(nn.Linear(before, after) for before, after in widths)
        self.up = nn.ModuleList(nn.Linear(before, after, bias=False) for before, after in widths)
        self.read_out = ReadOut(width, columns)

    def forward(self, adjacency: Tensor, kinds: Tensor, columns: Tensor) -> Tensor:
        """Return `(n,)` outputs."""
        links = F.pad(adjacency, (0, 1, 0, 1))
        links[:, :-1, -1] = kinds.sum(-1)  # the global vertex, which comes last
        own = torch.eye(links.shape[1])
        before, after = links.mT + own, links + own
        before, after = before / before.sum(2, keepdim=True), after / after.sum(2, keepdim=True)
        states = F.pad(kinds, (0, 0, 0, 1))
        for down, up in zip(self.down, self.up, strict=True):
            states = F.relu(before @ down(states) + after @ up(states))
        outputs: Tensor = self.read_out(states[:, -1], columns)
        return outputs
