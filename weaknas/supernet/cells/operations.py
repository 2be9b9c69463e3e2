"""The operations of cells, as layers."""

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...spaces.cells.operations import NONE

__all__ = ["Residual", "Squeeze", "conv_bn", "make_operation"]


def conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Return a convolution and its normalisation."""
    return [nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(c_out)]


def make_operation(name: str, channels: int, stride: int, *, normalised: bool) -> nn.Module | None:
    """Return the layers of an operation, None for `none`.

    A ReLU comes before the convolutions of each.

    Args:
        name: the operation.
        channels: in and out.
        stride: 2 halves height and width.
        normalised: whether a normalisation without parameters follows a pooling, as DARTS searches.
    """
    kind, _, size = name.rpartition("_")
    if name == NONE:
        return None
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else Squeeze(1, channels, channels, stride)
    kernel = int(size[0])
    if kind.endswith("pool"):
        options = (kernel, stride, kernel // 2)
        pool = nn.MaxPool2d(*options) if kind == "max_pool" else nn.AvgPool2d(*options, count_include_pad=False)
        return nn.Sequential(pool, nn.BatchNorm2d(channels, affine=False)) if normalised else pool
    if kind == "sep_conv":
        return nn.Sequential(*_separable(channels, kernel, stride), *_separable(channels, kernel, 1))
    if kind == "dil_conv":
        return nn.Sequential(*_separable(channels, kernel, stride, dilation=2))
    if kind in ("conv_1x3", "conv_1x7"):
        row = nn.Conv2d(channels, channels, (1, kernel), (1, stride), (0, kernel // 2), bias=False)
        column = nn.Conv2d(channels, channels, (kernel, 1), (stride, 1), (kernel // 2, 0), bias=False)
        return nn.Sequential(nn.ReLU(), row, column, nn.BatchNorm2d(channels))
    return nn.Sequential(nn.ReLU(), *conv_bn(channels, channels, kernel, stride))


def _separable(channels: int, kernel: int, stride: int, dilation: int = 1) -> list[nn.Module]:
    """Return a ReLU, a depthwise and a pointwise convolution, and a normalisation."""
    padding = dilation * (kernel // 2)
    depthwise = nn.Conv2d(channels, channels, kernel, stride, padding, dilation, channels, bias=False)
    return [nn.ReLU(), depthwise, *conv_bn(channels, channels, 1)]


class Squeeze(nn.Module):
    """A ReLU, a pointwise convolution of concatenated maps, and a normalisation.

    With stride 2 half of the channels come from the even pixels and half from the odd ones (factorised reduction).

    Args:
        nodes: how many maps may be concatenated.
        c_in: channels of each.
        c_out: channels of the output.
        stride: 1 or 2.
    """

    def __init__(self, nodes: int, c_in: int, c_out: int, stride: int = 1) -> None:
        super().__init__()
        self.c_in, self.stride = c_in, stride
        self.convs = nn.ModuleList(
            nn.Conv2d(nodes * c_in, c_out // stride, 1, stride, bias=False) for _ in range(stride)
        )
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the output for all maps, concatenated."""
        return self.of(F.relu(maps), self.columns())

    def of(self, maps: Tensor, weights: list[Tensor]) -> Tensor:
        """Return the output for maps that are not negative, with the weights of their channels."""
        shifted = (maps[:, :, i:, i:] for i in range(self.stride))
        parts = [F.conv2d(x, weight, stride=self.stride) for x, weight in zip(shifted, weights, strict=True)]
        y: Tensor = self.bn(parts[0] if self.stride == 1 else torch.cat(parts, 1))
        return y

    def columns(self, nodes: list[int] | None = None) -> list[Tensor]:
        """Return the weights for some of the maps, for all by default."""
        whole = [conv.weight for conv in self.convs if isinstance(conv, nn.Conv2d)]
        if nodes is None or len(nodes) * self.c_in == whole[0].shape[1]:
            return whole
        return [torch.cat([w[:, i * self.c_in : (i + 1) * self.c_in] for i in nodes], 1) for w in whole]

    def narrowed(self, nodes: list[int]) -> "Squeeze":
        """Return a copy for some of the maps."""
        c_out = self.bn.num_features
        copy = Squeeze(len(nodes), self.c_in, c_out, self.stride)
        copy.bn = deepcopy(self.bn)
        for conv, weight in zip(copy.convs, self.columns(nodes), strict=True):
            conv.weight = nn.Parameter(weight.detach().clone(), weight.requires_grad)
        return copy


class Residual(nn.Module):
    """The block that halves maps between the stages of NAS-Bench-201.

    Args:
        c_in: channels of the input; the output has twice as many.
        zero_gamma: whether the last normalisation begins as zero.
    """

    def __init__(self, c_in: int, *, zero_gamma: bool) -> None:
        super().__init__()
        first, second = conv_bn(c_in, 2 * c_in, 3, 2), conv_bn(2 * c_in, 2 * c_in, 3)
        self.convs = nn.Sequential(nn.ReLU(), *first, nn.ReLU(), *second)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(c_in, 2 * c_in, 1, bias=False))
        if zero_gamma:
            nn.init.zeros_(second[1].weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, 2 * c_in, h / 2, w / 2)`."""
        y: Tensor = self.shortcut(x) + self.convs(x)
        return y
