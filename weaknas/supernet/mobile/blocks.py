"""The parts of a supernet: inverted bottlenecks, and blocks that choose between layers."""

from copy import deepcopy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...spaces import Elastic
from ...spaces.elastic import fixed
from ...spaces.mobile.layers import Block, Conv, Layer, MBConv
from ...spaces.mobile.resnest import Bottleneck
from ..normalisation import Norm, NormBlock
from ..views import PathView, View
from .elastic_layers import ElasticConv, ElasticConv2d, drop_connect, make_activation
from .plain_layers import Inverted, PooledShortcut, ResidualBlock, SplitAttention, Squeeze, pooled
from .resnest import ElasticBottleneck, ElasticResidual

__all__ = ["ElasticBlock", "ElasticInverted", "ElasticSplits", "ElasticSqueeze"]


class ElasticSqueeze(nn.Module):
    """Squeeze and excitation, elastic inside and outside."""

    def __init__(self, mid: Elastic, hidden: Elastic, act: str) -> None:
        super().__init__()
        self.mid, self.hidden = mid, hidden
        self.reduce = ElasticConv2d(mid.largest, hidden.largest, fixed(1), bias=True)
        self.act = make_activation(act)
        self.expand = ElasticConv2d(hidden.largest, mid.largest, fixed(1), bias=True)

    def forward(self, x: Tensor, view: View) -> Tensor:
        """Return `(n, mid, h, w)`, each channel scaled."""
        y = x.mean((2, 3), keepdim=True)
        y = view.mask(self.act(self.reduce(y, view.size(self.hidden), view)), self.hidden)
        return x * F.hardsigmoid(self.expand(y, x.shape[1], view))

    def extract(self, view: PathView) -> Squeeze:
        """Return the plain layers of one architecture."""
        mid, hidden = view.size(self.mid), view.size(self.hidden)
        act = deepcopy(self.act)
        return Squeeze(self.reduce.extract(mid, hidden, view), act, self.expand.extract(hidden, mid, view))


class ElasticSplits(nn.Module):
    """Several depthwise convolutions and the attention that weighs them, elastic inside and outside."""

    def __init__(self, layer: MBConv) -> None:
        super().__init__()
        assert layer.hidden is not None
        one, hidden = fixed(1), layer.hidden
        self.mid = layer.mid
        self.splits = nn.ModuleList(_depthwise(layer) for _ in range(layer.splits))
        self.reduce = ElasticConv(layer.mid, hidden, one, act=layer.hidden_act)
        self.expand = nn.ModuleList(
            ElasticConv2d(hidden.largest, layer.mid.largest, one, bias=True) for _ in range(layer.splits)
        )

    def forward(self, x: Tensor, view: View) -> Tensor:
        """Return `(n, mid, h, w)`, in each channel a weighted mean of the splits."""
        splits = torch.stack([split(x, view) for split in self.splits])
        hidden = self.reduce(splits.sum(0).mean((2, 3), keepdim=True), view)
        logits = torch.stack([expand(hidden, splits.shape[2], view) for expand in self.expand])
        return (logits.softmax(0) * splits).sum(0)

    def norms(self) -> tuple[Norm, ...]:
        """Return the normalisations, in order."""
        convs: list[Any] = [*self.splits, self.reduce]
        return tuple(norm for conv in convs for norm in conv.norms())

    def extract(self, view: PathView) -> SplitAttention:
        """Return the plain layers of one architecture."""
        hidden, mid = view.size(self.reduce.c_out), view.size(self.mid)
        splits: list[Any] = [*self.splits]
        expand: list[Any] = [*self.expand]
        return SplitAttention(
            [split.extract(view) for split in splits],
            self.reduce.extract(view),
            [conv.extract(hidden, mid, view) for conv in expand],
        )


class ElasticInverted(nn.Module):
    """An inverted bottleneck with elastic widths and kernel, and its shortcut."""

    def __init__(self, layer: MBConv) -> None:
        super().__init__()
        self.layer = layer
        one = fixed(1)
        self.expand = ElasticConv(layer.c_in, layer.mid, one, act=layer.act) if layer.expands else None
        self.depthwise = _depthwise(layer) if layer.splits == 1 else ElasticSplits(layer)
        hidden = (
            layer.hidden if layer.splits == 1 else None
        )  # several convolutions come with an attention of their own
        self.se = None if hidden is None else ElasticSqueeze(layer.mid, hidden, layer.hidden_act)
        self.project = ElasticConv(layer.mid, layer.c_out, one)
        self.shortcut = ElasticConv(layer.c_in, layer.c_out, one, norm=False) if layer.projects_input else None

    @property
    def has_shortcut(self) -> bool:
        """Whether the input is ever added to the result."""
        return self.layer.adds_input or self.shortcut is not None

    def forward(self, x: Tensor, view: View, drop: float = 0.0) -> Tensor:
        """Return `(n, c_out, h, w)`; `drop` is the rate at which a sample keeps its input alone."""
        y = x if self.expand is None else self.expand(x, view)
        y = self.depthwise(y, view)
        y = y if self.se is None else self.se(y, view)
        y = self.project(y, view)
        added = self._added(x, y.shape[1], view)
        if added is None:
            return y
        if drop and self.training and self.layer.stride == 1 and self.layer.adds_input:
            y = drop_connect(y, drop)
        return y + added

    def _added(self, x: Tensor, channels: int, view: View) -> Tensor | None:
        """Return the input as it is added to the result, None where it is not."""
        if not self.has_shortcut:
            return None
        if self.layer.stride == 2:
            x = pooled(x)

        def one(same: bool) -> Tensor | None:
            if same:  # beside a mixture a path may have another width
                return _widened(x, channels)
            return None if self.shortcut is None else self.shortcut(x, view)

        return view.blend(self.layer.same, one)

    def norms(self) -> tuple[Norm, ...]:
        """Return the normalisations, in order."""
        parts = (self.expand, self.depthwise, self.project)
        return tuple(norm for part in parts if part is not None for norm in part.norms())

    def extract(self, view: PathView) -> Inverted:
        """Return the plain layers of one architecture."""
        same = bool(view.value(self.layer.same))
        shortcut: nn.Module | None = None
        if same and self.layer.adds_input:
            shortcut = PooledShortcut(self.layer.stride, None) if self.layer.stride == 2 else nn.Identity()
        elif not same and self.shortcut is not None:
            c_in, c_out = view.size(self.layer.c_in), view.size(self.layer.c_out)
            shortcut = PooledShortcut(self.layer.stride, self.shortcut.conv.extract(c_in, c_out, view))
        return Inverted(
            None if self.expand is None else self.expand.extract(view),
            self.depthwise.extract(view),
            None if self.se is None else self.se.extract(view),
            self.project.extract(view),
            shortcut,
        )


class ElasticBlock(nn.Module):
    """A choice block: one of several layers, or the input itself, and a shortcut around whichever it is.

    Args:
        block: its description.
        name: its name among the blocks, by which a selection knows it.
        drop_share: its part of the rate of drop-connect.
    """

    def __init__(self, block: Block, name: str, drop_share: float) -> None:
        super().__init__()
        self.block, self.name = block, name
        self.drop_share = drop_share
        self.candidates = nn.ModuleList(_module(layer) for layer in block.candidates)
        self.residual = None if block.residual is None else ElasticResidual(block.residual)

    def forward(self, x: Tensor, view: View) -> Tensor:
        """Return `(n, c_out, h, w)`."""
        view = view.within(self.name)
        channels = view.size(self.block.candidates[0].c_out)
        drop = view.drop_connect * self.drop_share

        def one(place: int) -> Tensor:
            if place < 0:
                return _widened(x, channels)
            layer = self.candidates[place]
            if isinstance(layer, ElasticInverted):
                return layer(x, view, drop)
            return layer(x, view)

        result = view.blend(self.block.chosen, one)
        result = torch.zeros_like(one(0)) if result is None else result
        return result if self.residual is None else self.residual(x, result, view, drop)

    def norms(self) -> NormBlock:
        """Return the normalisations of the candidates, each after that of the shortcut around all of them."""
        around = () if self.residual is None else self.residual.norms()
        layers: list[Any] = [*self.candidates]
        return NormBlock(tuple((*around, *layer.norms()) for layer in layers), self.block.chosen)

    def extract(self, view: PathView) -> nn.Module | None:
        """Return the plain layer of one architecture, None where there is none."""
        place = view.size(self.block.chosen)
        layer: Any = self.candidates[place]
        if place < 0:
            return None
        plain: nn.Module = layer.extract(view)
        return plain if self.residual is None else ResidualBlock(self.residual.extract(view), plain)


def _module(layer: Layer) -> nn.Module:
    """Return the module of a layer of the network's description."""
    if isinstance(layer, Conv):
        return ElasticConv.of(layer)
    return ElasticBottleneck(layer) if isinstance(layer, Bottleneck) else ElasticInverted(layer)


def _depthwise(layer: MBConv) -> ElasticConv:
    return ElasticConv(
        layer.mid,
        layer.mid,
        layer.kernel,
        layer.stride,
        act=layer.act,
        depthwise=True,
        transform=layer.transform,
    )


def _widened(x: Tensor, channels: int) -> Tensor:
    """Return the first channels of `(n, c, h, w)`, zeros after the last."""
    if x.shape[1] == channels:
        return x
    return F.pad(x[:, :channels], (0, 0, 0, 0, 0, max(0, channels - x.shape[1])))
