"""Flows of information through a cell, in the manner of FLAN."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from weaknas.errors import InvalidOption

from .networks.layers import ReadOut
from .networks.regressor import GraphRegressor
from .networks.training import Inputs

__all__ = ["GIN"]


class GIN(GraphRegressor):
    """FLAN (Akhauri and Abdelfattah, ICML 2024): dense graph flow and graph attention, gated by the operations.

    A state starts at the input and flows along the edges, layer by layer; each vertex gates the incoming states by its
    operation's embedding (as in GATES, Ning et al., ECCV 2020). The two kinds of layer are run side by side and their
    states averaged. Then a flow against the edges starts at the output, the states of both flows at a vertex update
    the embedding of its operation, and a second flow along the edges gives the output's state, which is read out. The
    paper supplements the state with learned encodings and zero-cost proxies; here columns that follow the graph, as in
    the encodings `graph+counts` or `graph+features`, are taken the same way. Needs the extra `torch`.

    Args:
        width: width of the states.
        layers: layers of each flow: a state gets this many edges far.
        layer: `dense` for dense graph flow, `gat` for attention, `both`.
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
        layers: int = 3,
        layer: str = "both",
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
        self.layer = layer
        self.loss = loss
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.members = members
        self.warm_start = warm_start
        self.random_state = random_state

    def _make_network(self, inputs: Inputs) -> nn.Module:
        if self.layer not in _LAYERS:
            raise InvalidOption(f"there is no layer {self.layer!r}; known: {', '.join(_LAYERS)}.")
        return _Flows(inputs, self.width, self.layers, _LAYERS[self.layer])


class _Flows(nn.Module):
    def __init__(self, inputs: Inputs, width: int, layers: int, side_by_side: "_Kinds") -> None:
        super().__init__()
        _, kinds, columns = inputs
        self.embed = nn.Linear(kinds.shape[2], width)
        self.sources = nn.Parameter(torch.randn(2, width))  # states at the input and, for the flow back, the output
        self.first, self.back, self.second = (_Flow(width, layers, side_by_side) for _ in range(3))
        self.update = nn.Sequential(nn.Linear(3 * width, width), nn.SiLU(), nn.Linear(width, width))
        self.read_out = ReadOut(width, columns)

    def forward(self, adjacency: Tensor, kinds: Tensor, columns: Tensor) -> Tensor:
        operations = self.embed(kinds)
        start, end = torch.zeros_like(operations), torch.zeros_like(operations)
        start[:, 0], end[:, -1] = self.sources
        along = self.first(start, adjacency.mT, operations)
        against = self.back(end, adjacency, operations)
        operations = operations + self.update(torch.cat([operations, along, against], 2))
        outputs: Tensor = self.read_out(self.second(start, adjacency.mT, operations)[:, -1], columns)
        return outputs


class _Flow(nn.Module):
    """Layers one after the other, each the mean of the kinds of layer that stand side by side."""

    def __init__(self, width: int, layers: int, side_by_side: "_Kinds") -> None:
        super().__init__()
        self.layers: Iterable[Any] = nn.ModuleList(
            nn.ModuleList(make(width) for make in side_by_side) for _ in range(layers)
        )

    def forward(self, states: Tensor, links: Tensor, operations: Tensor) -> Tensor:
        for layers in self.layers:
            states = F.relu(torch.stack([layer(states, links, operations) for layer in layers]).mean(0))
        return states


class _Dense(nn.Module):
    """Dense graph flow: gate x (incoming states) + own state; the second term is the residual."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.send = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, states: Tensor, links: Tensor, operations: Tensor) -> Tensor:
        sent = self.send(states)
        normed: Tensor = self.norm(torch.sigmoid(self.gate(operations)) * (links @ sent) + sent)
        return normed


class _Gat(nn.Module):
    """Graph attention: incoming states are weighted by a score of source and target."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.send = nn.Linear(width, width)
        self.source, self.target = nn.Linear(width, 1), nn.Linear(width, 1)
        self.norm = nn.LayerNorm(width)

    def forward(self, states: Tensor, links: Tensor, operations: Tensor) -> Tensor:
        sent = self.send(states)
        scores = F.leaky_relu(self.target(sent) + self.source(sent).mT, 0.2)
        unlinked = links + torch.eye(links.shape[1]) == 0
        weights = scores.masked_fill(unlinked, -torch.inf).softmax(2)
        normed: Tensor = self.norm(torch.sigmoid(self.gate(operations)) * (weights @ sent)) + states
        return normed


_Kinds = tuple[type[_Dense] | type[_Gat], ...]
_LAYERS: dict[str, _Kinds] = {"dense": (_Dense,), "gat": (_Gat,), "both": (_Dense, _Gat)}
