"""Putting the most important channels first, since smaller networks take the first ones."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ...spaces import Elastic, MobileSpace
from .blocks import ElasticInverted, ElasticSplits
from .elastic_layers import ElasticConv

__all__ = ["sort_channels"]


@torch.no_grad()
def sort_channels(supernet: nn.Module, space: MobileSpace, trained: Mapping[str, Sequence[str]] | None = None) -> None:
    """Order the channels inside each block by the L1 norm of the weights that read them, the largest first.

    The largest network computes what it did; smaller ones now get its most important channels (Cai et al., ICLR
    2020, section 3.3). Where smaller ones were trained already, the channels that they have stay before those that
    they have not, as in the released code. The hidden channels of attention are ordered among
    themselves, whatever was trained.

    Args:
        supernet: the weights.
        space: its space.
        trained: the options that were trained, by the name of the choice, all of them for one that is not named; None
            if only the largest network was.
    """
    for block in supernet.modules():
        if isinstance(block, ElasticInverted) and block.expand is not None and block.layer.mid.choices:
            mid = block.layer.mid
            widths = [mid.largest] if trained is None else _widths(mid, space, trained)
            _sort(block, block.expand, widths)


def _widths(mid: Elastic, space: MobileSpace, trained: Mapping[str, Sequence[str]]) -> list[int]:
    """Return the widths that networks of some options have, and the largest, in order."""
    names = {choice.name: choice.names for choice in space.choices}
    picked = [np.flatnonzero(np.isin(names[choice], trained.get(choice, names[choice]))) for choice in mid.choices]
    return sorted({*np.unique(mid.values[np.ix_(*picked)]).tolist(), mid.largest})


def _sort(block: ElasticInverted, expand: ElasticConv, widths: Sequence[int]) -> None:
    order = _importance(block.project.conv.weight, widths)
    splits = block.depthwise if isinstance(block.depthwise, ElasticSplits) else None
    outputs = _tensors(expand, *(splits.splits if splits else [block.depthwise]))
    inputs = [block.project.conv.weight]
    attention = splits or block.se
    if attention is not None:
        reduce = _tensors(attention.reduce)
        restore = _tensors(*(splits.expand if splits else [attention.expand]))
        readers = [tensor for tensor in restore if tensor.ndim == 4]
        hidden = _importance(torch.cat(readers), [len(reduce[0])])
        _permute(reduce, hidden, 0)
        _permute(readers, hidden, 1)
        outputs += restore
        inputs.append(reduce[0])
    _permute(outputs, order, 0)
    _permute(inputs, order, 1)


def _importance(weight: Tensor, ends: Sequence[int]) -> Tensor:
    """Return the order of the input channels of `(c_out, c_in, 1, 1)` filters, within parts that end at `ends`."""
    norms = weight.abs().sum((0, 2, 3))
    parts = pairwise([0, *ends])
    return torch.cat([first + norms[first:end].argsort(descending=True, stable=True) for first, end in parts])


def _tensors(*layers: nn.Module) -> list[Tensor]:
    """Return all that has a row for each output channel of some layers: filters, biases, normalisations."""
    tensors = [item for layer in layers for item in layer.state_dict(keep_vars=True).items()]
    return [tensor for name, tensor in tensors if tensor.ndim and not name.endswith("_matrix")]


def _permute(tensors: Iterable[Tensor], order: Tensor, axis: int) -> None:
    for tensor in tensors:
        tensor.copy_(tensor.index_select(axis, order))
