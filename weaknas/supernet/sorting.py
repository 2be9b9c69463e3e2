"""Putting the most important channels first, since smaller networks take the first ones."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from .blocks import ElasticConv, ElasticInverted
from .supernet import Supernet

__all__ = ["sort_channels"]


@torch.no_grad()
def sort_channels(supernet: Supernet) -> None:
    """Order the channels inside each block by the L1 norm of the weights that read them, the largest first.

    The largest network computes what it did; smaller ones now get its most important channels (Cai et al., ICLR
    2020, section 3.3). The hidden channels of squeeze and excitation are ordered likewise.
    """
    for block in supernet.modules():
        if isinstance(block, ElasticInverted) and block.expand is not None and block.layer.mid.choices:
            _sort(block, block.expand)


def _sort(block: ElasticInverted, expand: ElasticConv) -> None:
    order = _importance(block.project.conv.weight)
    outputs = [expand.conv.weight, block.depthwise.conv.weight, *_norm(expand.bn), *_norm(block.depthwise.bn)]
    inputs = [block.project.conv.weight]
    if block.se is not None:
        reduce, restore = block.se.reduce, block.se.expand
        assert reduce.bias is not None
        assert restore.bias is not None
        hidden = _importance(restore.weight)
        _permute([reduce.weight, reduce.bias], hidden, 0)
        _permute([restore.weight], hidden, 1)
        outputs += [restore.weight, restore.bias]
        inputs.append(reduce.weight)
    _permute(outputs, order, 0)
    _permute(inputs, order, 1)


def _importance(weight: Tensor) -> Tensor:
    """Return the order of the input channels of `(c_out, c_in, 1, 1)` filters."""
    return weight.abs().sum((0, 2, 3)).argsort(descending=True, stable=True)


def _norm(bn: nn.BatchNorm2d | None) -> list[Tensor]:
    return [] if bn is None else [value for value in bn.state_dict(keep_vars=True).values() if value.ndim]


def _permute(tensors: Iterable[Tensor], order: Tensor, axis: int) -> None:
    for tensor in tensors:
        tensor.copy_(tensor.index_select(axis, order))
