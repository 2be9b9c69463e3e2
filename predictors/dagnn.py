"""A network that visits the vertices of a cell in topological order, as data do."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import cycle

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from weaknas.errors import InvalidOption

from .networks.layers import ReadOut
from .networks.regressor import GraphRegressor
from .networks.training import Inputs

__all__ = ["DAGNN"]


class DAGNN(GraphRegressor):
    """A directed acyclic graph neural network (Thost and Chen, ICLR 2021; Zhang et al., D-VAE, NeurIPS 2019).

    A sweep visits the vertices in topological order; a cell takes each vertex and the sum of the *new* states of those
    that lead to it. So one sweep, with one set of weights, carries information from the input to the output, where
    graph convolutions need a layer with weights of its own for every edge of the longest path. That is why it learns
    from few architectures. A round is a sweep against the edges and then one along them, which sees the state that the
    first one left at each vertex; the state of the input after the first and of the output after the second are read
    out. The papers sweep both ways independently and weight the sum by attention or gates; neither is done here.

    The cell is the papers' gated recurrent unit, or a residual layer. On NAS-Bench-101 the first ranks better
    after a hundred architectures, the second after several hundred, and the mean of both better than either, so
    members alternate between the two. Needs the extra `torch`.

    Args:
        width: width of the states.
        rounds: number of rounds.
        cell: `gru`, `residual`, or `both` for one after the other.
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
        width: int = 64,
        rounds: int = 1,
        cell: str = "both",
        loss: str = "hinge",
        epochs: int = 100,
        learning_rate: float = 5e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 64,
        members: int = 4,
        warm_start: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.width = width
        self.rounds = rounds
        self.cell = cell
        self.loss = loss
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.members = members
        self.warm_start = warm_start
        self.random_state = random_state

    def _network_makers(self, inputs: Inputs) -> Iterable[Callable[[], nn.Module]]:
        if self.cell not in _CELLS:
            raise InvalidOption(f"there is no cell {self.cell!r}; known: {', '.join(_CELLS)}.")
        return cycle(partial(_Rounds, inputs, self.width, self.rounds, cell) for cell in _CELLS[self.cell])


class _Residual(nn.Module):
    """A residual layer: the incoming state plus a function of it and of the vertex' own features."""

    def __init__(self, known: int, width: int) -> None:
        super().__init__()
        self.known = nn.Linear(known, width)
        self.incoming = nn.Linear(width, width, bias=False)
        self.norm = nn.LayerNorm(width)

    def forward(self, known: Tensor, incoming: Tensor) -> Tensor:
        states: Tensor = self.norm(incoming + F.silu(self.known(known) + self.incoming(incoming)))
        return states


_Cell = type[nn.GRUCell] | type[_Residual]
_CELLS: dict[str, tuple[_Cell, ...]] = {
    "gru": (nn.GRUCell,),
    "residual": (_Residual,),
    "both": (nn.GRUCell, _Residual),
}


class _Rounds(nn.Module):
    def __init__(self, inputs: Inputs, width: int, rounds: int, cell: _Cell) -> None:
        super().__init__()
        _, kinds, columns = inputs
        self.embed = nn.Linear(kinds.shape[2], width)
        self.against = nn.ModuleList(cell(2 * width, width) for _ in range(rounds))
        self.along = nn.ModuleList(cell(2 * width, width) for _ in range(rounds))
        self.norm = nn.LayerNorm(2 * width)
        self.read_out = ReadOut(2 * width, columns)

    def forward(self, adjacency: Tensor, kinds: Tensor, columns: Tensor) -> Tensor:
        operations = self.embed(kinds)
        states = torch.zeros_like(operations)
        reverse = adjacency.mT.flip(1, 2)
        for against, along in zip(self.against, self.along, strict=True):
            back = _sweep(against, reverse, torch.cat([operations, states], 2).flip(1)).flip(1)
            states = _sweep(along, adjacency, torch.cat([operations, back], 2))
        ends = torch.cat([back[:, 0], states[:, -1]], 1)
        outputs: Tensor = self.read_out(self.norm(ends), columns)
        return outputs


def _sweep(cell: nn.Module, adjacency: Tensor, known: Tensor) -> Tensor:
    """Return the `(n, v, width)` states after visiting the vertices in their order.

    Args:
        cell: takes a vertex' features and the sum of the states that lead to it to the vertex' state.
        adjacency: `(n, v, v)`, upper triangular.
        known: `(n, v, 2 * width)` features of each vertex.
    """
    no_state = known.new_zeros(len(known), known.shape[2] // 2)
    states = [cell(known[:, 0], no_state)]
    for vertex in range(1, known.shape[1]):
        incoming = (adjacency[:, None, :vertex, vertex] @ torch.stack(states, 1)).squeeze(1)
        states.append(cell(known[:, vertex], incoming))
    return torch.stack(states, 1)
