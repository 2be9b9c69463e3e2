"""What blocks of a supernet are extracted as: ordinary layers without anything elastic in them."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "GroupedSplits",
    "Inverted",
    "PooledShortcut",
    "ResidualBlock",
    "SplitAttention",
    "Squeeze",
    "conv_norm_act",
    "pooled",
]


def pooled(x: Tensor) -> Tensor:
    """Return the means of 2x2 pixels, with a border of zeros on sides of odd length (AttentiveNAS)."""
    return F.avg_pool2d(x, 2, padding=x.shape[-1] % 2)


def conv_norm_act(conv: nn.Conv2d, bn: nn.BatchNorm2d | None, act: nn.Module | None) -> nn.Sequential:
    """Return the layers there are, one after the other."""
    layers = {"conv": conv, "bn": bn, "act": act}
    return nn.Sequential(OrderedDict((name, layer) for name, layer in layers.items() if layer is not None))


class Squeeze(nn.Module):
    """Squeeze and excitation (Hu et al., CVPR 2018) with a hard sigmoid."""

    def __init__(self, reduce: nn.Conv2d, act: nn.Module, expand: nn.Conv2d) -> None:
        super().__init__()
        self.reduce, self.act, self.expand = reduce, act, expand

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, c, h, w)`, each channel scaled."""
        return x * F.hardsigmoid(self.expand(self.act(self.reduce(x.mean((2, 3), keepdim=True)))))


class SplitAttention(nn.Module):
    """Convolutions of one input and the weights of each of their channels, by softmax (ResNeSt; FP-NAS)."""

    def __init__(self, splits: Sequence[nn.Module], reduce: nn.Module, expand: Sequence[nn.Conv2d]) -> None:
        super().__init__()
        self.splits, self.reduce, self.expand = nn.ModuleList(splits), reduce, nn.ModuleList(expand)

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, c, h, w)`, in each channel a weighted mean of the splits."""
        splits = torch.stack([split(x) for split in self.splits])
        hidden = self.reduce(splits.sum(0).mean((2, 3), keepdim=True))
        logits = torch.stack([expand(hidden) for expand in self.expand])
        return (logits.softmax(0) * splits).sum(0)


class PooledShortcut(nn.Module):
    """The input pooled by a stride and projected to other channels, where either is needed."""

    def __init__(self, stride: int, conv: nn.Conv2d | None) -> None:
        super().__init__()
        self.stride, self.conv = stride, conv

    def forward(self, x: Tensor) -> Tensor:
        """Return what is added to a block's result."""
        x = pooled(x) if self.stride == 2 else x
        return x if self.conv is None else self.conv(x)


class Inverted(nn.Module):
    """An inverted bottleneck and its shortcut."""

    def __init__(
        self,
        expand: nn.Module | None,
        depthwise: nn.Module,
        se: nn.Module | None,
        project: nn.Module,
        shortcut: nn.Module | None,
    ) -> None:
        super().__init__()
        self.expand, self.depthwise, self.se, self.project = expand, depthwise, se, project
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, c_out, h, w)`."""
        y = x if self.expand is None else self.expand(x)
        y = self.depthwise(y)
        y = y if self.se is None else self.se(y)
        y = self.project(y)
        return y if self.shortcut is None else y + self.shortcut(x)


class GroupedSplits(nn.Module):
    """A grouped convolution to several splits and the weights of each of their channels (Zhang et al., 2020).

    With several splits the weights of a channel are a softmax over them, with one a sigmoid.

    Args:
        mid: channels of the input, and of each split.
        hidden: channels within the attention.
        radix: number of splits.
        cardinality: groups within a split.
    """

    def __init__(self, mid: int, hidden: int, radix: int, cardinality: int) -> None:
        super().__init__()
        self.radix, self.cardinality = radix, cardinality
        conv = nn.Conv2d(mid, radix * mid, 3, padding=1, groups=radix * cardinality, bias=False)
        self.splits = conv_norm_act(conv, nn.BatchNorm2d(radix * mid), nn.ReLU(inplace=True))
        reduce = nn.Conv2d(mid, hidden, 1, groups=cardinality)
        self.reduce = conv_norm_act(reduce, nn.BatchNorm2d(hidden), nn.ReLU(inplace=True))
        self.expand = nn.Conv2d(hidden, radix * mid, 1, groups=cardinality)

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, mid, h, w)`, in each channel a weighted sum of the splits."""
        splits = self.splits(x).unflatten(1, (self.radix, -1))
        logits = self.expand(self.reduce(splits.sum(1).mean((2, 3), keepdim=True)))
        logits = logits.unflatten(1, (self.cardinality, self.radix, -1)).transpose(1, 2).flatten(2, 3)
        weights = logits.softmax(1) if self.radix > 1 else logits.sigmoid()
        return (weights * splits).sum(1)


class ResidualBlock(nn.Module):
    """A layer and its shortcut, with ReLU at the end."""

    def __init__(self, shortcut: nn.Module, layer: nn.Module) -> None:
        super().__init__()
        self.shortcut, self.layer = shortcut, layer

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, c, h, w)`."""
        return F.relu(self.layer(x) + self.shortcut(x))
