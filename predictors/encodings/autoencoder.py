"""A variational auto-encoder of directed acyclic graphs."""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["AutoEncoder"]

_LAYERS: Final = 5
_WIDTH: Final = 64
_KL_WEIGHT: Final = 0.005


class AutoEncoder(nn.Module):
    """A graph isomorphism network (GIN, Xu et al., ICLR 2019) that gives each vertex a Gaussian, and a decoder.

    A vertex adds up the states of those it has edges from, and apart from them of those it has edges to, so that
    edges keep their directions. The Gaussians are read off the states of all layers side by side. The
    decoder sees latent vectors z only: `W z_i` are the logits of vertex i's kind, `z_i' B z_j + b` is that of an
    edge from i to j. A vertex that a graph does not have (no kind) has the latent vector 0 and no part in the loss.

    Args:
        kinds: kinds of vertices.
        latent: size of a vertex's latent vector.
    """

    def __init__(self, kinds: int, latent: int) -> None:
        super().__init__()
        widths = [kinds, *[_WIDTH] * _LAYERS]
        self.layers = nn.ModuleList(_Layer(before) for before in widths[:-1])
        self.mean = nn.Linear(sum(widths), latent)
        self.log_variance = nn.Linear(sum(widths), latent)
        self.kind = nn.Linear(latent, kinds)
        self.form = nn.Parameter(torch.eye(latent))
        self.bias = nn.Parameter(torch.zeros(()))

    def encode(self, adjacency: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Return `(n, v, latent)` means and log-variances of `(n, v, v)` edges and `(n, v, k)` one-hot kinds."""
        present = kinds.sum(-1, keepdim=True)
        both_ways = torch.cat([adjacency, adjacency.transpose(1, 2)], 1)
        states = [kinds]
        for layer in self.layers:
            states.append(layer(states[-1], both_ways) * present)
        state = torch.cat(states, -1)
        return self.mean(state) * present, self.log_variance(state) * present

    def decode(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Return `(n, v, v)` logits of the edges and `(n, v, k)` of the kinds."""
        return latent @ self.form @ latent.transpose(1, 2) + self.bias, self.kind(latent)

    def loss(self, adjacency: Tensor, kinds: Tensor, generator: torch.Generator) -> Tensor:
        """Return the cross-entropy of a kind and that of a pair of vertices, plus 0.005 times a vertex's KL."""
        mean, log_variance = self.encode(adjacency, kinds)
        noise = torch.randn(mean.shape, generator=generator)
        edge_logits, kind_logits = self.decode(mean + noise * (log_variance / 2).exp())
        present = kinds.sum(-1)
        pairs = present[:, :, None] * present[:, None, :] * (1 - torch.eye(present.shape[1]))
        of_kinds = -(kinds * F.log_softmax(kind_logits, -1)).sum() / present.sum()
        of_edges = F.binary_cross_entropy_with_logits(edge_logits, adjacency, pairs, reduction="sum") / pairs.sum()
        divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum() / 2 / present.sum()
        return of_kinds + of_edges + _KL_WEIGHT * divergence


class _Layer(nn.Module):
    """One round of messages, `(n, v, before)` to `(n, v, width)` states."""

    def __init__(self, before: int) -> None:
        super().__init__()
        self.first = nn.Linear(2 * before, _WIDTH)
        self.second = nn.Linear(_WIDTH, _WIDTH)
        self.norm = nn.BatchNorm1d(_WIDTH)

    def forward(self, state: Tensor, both_ways: Tensor) -> Tensor:
        to, back = (both_ways @ state).chunk(2, 1)
        x = self.first(torch.cat([state + to, state + back], -1))
        x = F.relu(self.second(F.relu(x)))
        return self.norm(x.flatten(0, 1)).view_as(x)
