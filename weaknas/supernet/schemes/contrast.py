"""Learning by comparison: which of many keys is of the same image (InfoNCE), as in MoCo (He et al., CVPR 2020)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..selection import Selection
from ..supernet import Supernet

__all__ = ["Encoder", "KeyQueue", "Neck", "info_nce", "spread"]


class Neck(nn.Module):
    """From features to points on a sphere: two linear layers with a ReLU between them, as in MoCo v2.

    Args:
        features: the most that networks have; of narrower ones the first layer takes its first columns.
        hidden: numbers in between.
        dim: of the sphere's space.
    """

    def __init__(self, features: int, hidden: int, dim: int) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(features, hidden), nn.Linear(hidden, dim)

    def forward(self, features: Tensor) -> Tensor:
        """Return `(n, dim)` points of length one, of `(n, f)` features."""
        hidden = F.linear(features, self.hidden.weight[:, : features.shape[1]], self.hidden.bias)
        return F.normalize(self.out(F.relu(hidden)).float())


class Encoder(nn.Module):
    """A supernet with a neck after its features."""

    def __init__(self, supernet: Supernet, neck: Neck) -> None:
        super().__init__()
        self.supernet, self.neck = supernet, neck

    def forward(self, images: Tensor, selection: Selection) -> Tensor:
        """Return `(n, dim)` points of length one, of `(n, 3, h, w)` images."""
        points: Tensor = self.neck(self.supernet.features(images, selection))
        return points


class KeyQueue(nn.Module):
    """The latest keys: places are filled in order, and when all are, the oldest give way.

    MoCo begins with random points. Networks that are new give nearly the same features for all images, and to move
    away from random points all alike is then a short way to tell a key from them. The short runs that were tried so
    collapsed, before there were keys of other images; so the queue begins empty here.

    Args:
        size: how many.
        dim: numbers in a key.

    Attributes:
        keys: `(size, dim)`, zeros where none was put yet.
    """

    keys: Tensor
    at: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(size, dim))
        self.register_buffer("at", torch.zeros((), dtype=torch.long))  # where the next goes; nothing waits for it

    @torch.no_grad()
    def put(self, keys: Tensor) -> None:
        """Put `(n, dim)` keys in the place of the oldest."""
        keys = keys[-len(self.keys) :]
        places = (self.at + torch.arange(len(keys), device=keys.device)) % len(self.keys)
        self.keys.index_copy_(0, places, keys)
        self.at.add_(len(keys)).remainder_(len(self.keys))


def info_nce(queries: Tensor, keys: Tensor, negatives: Tensor, temperature: float) -> Tensor:
    """Return how badly queries tell their own keys from negatives: a cross-entropy (van den Oord et al., 2018).

    Args:
        queries: `(n, dim)` points.
        keys: `(n, dim)` the key of each query; no gradients flow through them.
        negatives: `(k, dim)` keys of other images.
        temperature: what similarities are divided by.
    """
    own = (queries * keys.detach()).sum(1, keepdim=True)
    logits = torch.cat([own, queries @ negatives.detach().T], 1) / temperature
    return F.cross_entropy(logits, logits.new_zeros(len(logits), dtype=torch.long))


def spread(points: Tensor) -> Tensor:
    """Return the deviation of `(n, dim)` points of length one in a dimension, times the root of `dim`, a scalar.

    1 for points all over the sphere, 0 where they have collapsed into one.
    """
    return points.detach().std(0, unbiased=False).mean() * points.shape[1] ** 0.5
