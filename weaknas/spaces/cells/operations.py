"""The operations of cells: what they are called, and what they cost.

As many channels in as out, to `side x side` pixels, with stride 2 from twice as many. The normalisation after a
pooling has no parameters; those after convolutions have a scale and a shift.
"""

from collections.abc import Callable
from typing import Final

from ..cost import Cost, conv, conv_bn

__all__ = ["DARTS", "NASNET", "NONE", "operation_cost"]

NONE: Final = "none"

DARTS: Final = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
"""The seven operations of DARTS (Liu et al., ICLR 2019) besides `none`, in the order of its code."""

NASNET: Final = (
    "skip_connect",
    "conv_1x3_3x1",
    "conv_1x7_7x1",
    "dil_conv_3x3",
    "avg_pool_3x3",
    "max_pool_3x3",
    "max_pool_5x5",
    "max_pool_7x7",
    "conv_1x1",
    "conv_3x3",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
)
"""The thirteen operations of the NASNet space (Zoph et al., CVPR 2018), in the paper's order."""


def operation_cost(name: str, channels: int, stride: int, side: int) -> Cost:
    """Return what an operation costs; `none` and what is no convolution cost nothing."""
    kind, _, size = name.rpartition("_")
    if name == "skip_connect":  # with stride 2 two pointwise convolutions, each to half of the channels
        return conv_bn(channels, channels, 1, side) if stride == 2 else conv(0, 0, 1, side)
    if kind in ("max_pool", "avg_pool") or name == NONE:
        return conv(0, 0, 1, side)
    return _CONVOLUTIONS[kind](channels, int(size[0]), stride, side)


def _separable(channels: int, kernel: int, stride: int, side: int) -> Cost:
    """Depthwise, pointwise and normalisation, once."""
    return conv(1, channels, kernel, side) + conv_bn(channels, channels, 1, side)


def _twice(channels: int, kernel: int, stride: int, side: int) -> Cost:
    return _separable(channels, kernel, stride, side) * 2


def _plain(channels: int, kernel: int, stride: int, side: int) -> Cost:
    return conv_bn(channels, channels, kernel, side)


def _pair(channels: int, kernel: int, stride: int, side: int) -> Cost:
    """A row and then a column of a kernel; the first halves the width alone, the second the height."""
    weights = kernel * channels * channels
    return Cost(2 * weights + 2 * channels, weights * side * side * (1 + stride))  # type: ignore[arg-type]


_CONVOLUTIONS: Final[dict[str, Callable[[int, int, int, int], Cost]]] = {
    "sep_conv": _twice,
    "dil_conv": _separable,
    "conv": _plain,
    "conv_1x3": _pair,
    "conv_1x7": _pair,
}
