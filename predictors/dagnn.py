"""A network that walks a cell vertex by vertex, as the data do."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .networks.layers import ReadOut
from .networks.regressor import GraphRegressor
from .networks.training import Inputs

__all__ = ["DAGNN"]


class DAGNN(GraphRegressor):
    """A directed acyclic graph neural network (Thost and Chen, ICLR 2021; Zhang et al., D-VAE, NeurIPS 2019).

    A sweep visits the vertices in topological order, and each takes the sum of the *new* states of those that lead to
    it. So one sweep with one set of weights carries everything from the input to the output, where graph convolutions
    need a layer, with weights of its own, for every edge of the longest path; that is why it learns from few
    architectures, and it costs no more than one such layer. Sweeps alternate in direction, and the last goes along the
    edges: the output's state, which is read out, then knows of every vertex also where its results go. The papers
    weight the sum by attention and combine with a gated recurrent unit; a plain sum and a residual layer do as well
    here and cost less. Needs the extra `torch`.

    Args:
        width: width of the states.
        sweeps: number of sweeps.
        loss: see `NetworkRegressor`, as the options below.
        epochs: passes over the data.
        learning_rate: AdamW's highest step.
        weight_decay: AdamW's decay.
        batch_size: architectures a step.
        members: networks whose mean is the prediction.
        warm_start: whether a further fit continues from the last one.
        random_state: seed of initial weights and batches.
    """

    def __init__(
        self,
        width: int = 64,
        sweeps: int = 2,
        loss: str = "hinge",
        epochs: int = 100,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 32,
        members: int = 3,
        warm_start: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.width = width
        self.sweeps = sweeps
        self.loss = loss
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.members = members
        self.warm_start = warm_start
        self.random_state = random_state

    def _make(self, inputs: Inputs) -> nn.Module:
        return _Sweeps(inputs, self.width, self.sweeps)


class _Sweeps(nn.Module):
    def __init__(self, inputs: Inputs, width: int, sweeps: int) -> None:
        super().__init__()
        _, kinds, columns = inputs
        self.embed = nn.Linear(kinds.shape[2], width)
        self.sweeps = nn.ModuleList(_Sweep(width) for _ in range(sweeps))
        self.read_out = ReadOut(width, columns)

    def forward(self, adjacency: Tensor, kinds: Tensor, columns: Tensor) -> Tensor:
        operations = self.embed(kinds)
        states = torch.zeros_like(operations)
        for left, sweep in zip(range(len(self.sweeps) - 1, -1, -1), self.sweeps, strict=True):
            known = torch.cat([operations, states], 2)
            back = left % 2
            states = sweep(adjacency.mT.flip(1, 2), known.flip(1)).flip(1) if back else sweep(adjacency, known)
        outputs: Tensor = self.read_out(states[:, -1], columns)
        return outputs


class _Sweep(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.known = nn.Linear(2 * width, width)
        self.comes = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(width)

    def forward(self, adjacency: Tensor, known: Tensor) -> Tensor:
        """Return the `(n, v, width)` states after a walk in the order of the vertices.

        Args:
            adjacency: `(n, v, v)`, upper triangular.
            known: `(n, v, 2 * width)` what is known of each vertex beforehand.
        """
        own = self.known(known).unbind(1)
        states = [self.norm(F.silu(own[0]))]
        for vertex in range(1, len(own)):
            comes = (adjacency[:, None, :vertex, vertex] @ torch.stack(states, 1)).squeeze(1)
            states.append(self.norm(comes + F.silu(own[vertex] + self.comes(comes))))
        return torch.stack(states, 1)
