"""A graph transformer in the manner of TNASP, PINAT and NN-Former."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .networks.layers import ReadOut
from .networks.regressor import GraphRegressor
from .networks.training import Inputs

__all__ = ["GraphTransformer"]


class GraphTransformer(GraphRegressor):
    """A transformer over vertices that attends along edges and to siblings (Xu et al., NN-Former, CVPR 2025).

    Each layer is attention with one head for each of four relations (vertices before, vertices after, those that share
    a target, those that share a source; every vertex attends to itself), then a feed-forward layer that adds to each
    vertex the states of its neighbours, half of the channels along the edges and half against them (the bidirectional
    graph isomorphism feed-forward). The output's state is read out. There are no positional encodings: vertices differ
    by what they attend to, and with a learned encoding of the depth, in place of TNASP's Laplacian eigenvectors (Lu et
    al., NeurIPS 2021), it ranked worse here. Written from the papers' descriptions. Needs the extra `torch`.

    Args:
        width: width of the layers, a multiple of 4.
        layers: number of layers.
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
        width: int = 96,
        layers: int = 3,
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
        return _Transformer(inputs, self.width, self.layers)


class _Transformer(nn.Module):
    def __init__(self, inputs: Inputs, width: int, layers: int) -> None:
        super().__init__()
        _, kinds, columns = inputs
        self.embed = nn.Linear(kinds.shape[2], width)
        self.layers = nn.ModuleList(_Layer(width) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.read_out = ReadOut(width, columns)

    def forward(self, adjacency: Tensor, kinds: Tensor, columns: Tensor) -> Tensor:
        relations = torch.stack([adjacency.mT, adjacency, adjacency @ adjacency.mT, adjacency.mT @ adjacency], 1)
        mask = (relations + torch.eye(adjacency.shape[1])) > 0
        states = self.embed(kinds)
        for layer in self.layers:
            states = layer(states, mask, adjacency)
        outputs: Tensor = self.read_out(self.norm(states[:, -1]), columns)
        return outputs


class _Layer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.heads = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)

    def forward(self, states: Tensor, mask: Tensor, adjacency: Tensor) -> Tensor:
        attend, feed = self.norms
        query, key, value = self.heads(attend(states)).unflatten(2, (3, mask.shape[1], -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        states = states + self.join(attended.transpose(1, 2).flatten(2))
        along, against = (wide := self.widen(feed(states))).chunk(2, dim=2)
        wide = wide + torch.cat([adjacency.mT @ along, adjacency @ against], 2)
        fed: Tensor = states + self.narrow(F.gelu(wide))
        return fed
