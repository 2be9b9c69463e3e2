"""The parts of a supernet of networks like ResNeSt: bottlenecks, the shortcut around them, the stem."""

from collections import OrderedDict
from copy import deepcopy
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from ...spaces.elastic import fixed
from ...spaces.mobile.resnest import Bottleneck, DeepStem, Residual
from ..normalisation import Norm, norms_of
from ..views import PathView, View
from .elastic_layers import ElasticConv, drop_connect
from .plain_layers import GroupedSplits

__all__ = ["ElasticBottleneck", "ElasticDeepStem", "ElasticResidual"]


class ElasticBottleneck(nn.Module):
    """A bottleneck with split attention, elastic outside."""

    has_shortcut = True  # that of its block

    def __init__(self, layer: Bottleneck) -> None:
        super().__init__()
        mid, one = fixed(layer.mid), fixed(1)
        self.reduce = ElasticConv(layer.c_in, mid, one, act="relu")
        self.attention = GroupedSplits(layer.mid, layer.hidden, layer.radix, layer.cardinality)
        self.pool = nn.AvgPool2d(3, layer.stride, padding=1) if layer.stride > 1 else nn.Identity()
        self.project = ElasticConv(mid, layer.c_out, one)

    def forward(self, x: Tensor, view: View) -> Tensor:
        """Return `(n, c_out, h, w)`."""
        result: Tensor = self.project(self.pool(self.attention(self.reduce(x, view))), view)
        return result

    def norms(self) -> tuple[Norm, ...]:
        """Return the normalisations, in order."""
        inside = (Norm(norm, fixed(norm.num_features)) for norm in norms_of(self.attention))
        return (*self.reduce.norms(), *inside, *self.project.norms())

    def extract(self, view: PathView) -> nn.Sequential:
        """Return the plain layers of one architecture."""
        reduce, project = self.reduce.extract(view), self.project.extract(view)
        attention, pool = deepcopy(self.attention), deepcopy(self.pool)
        return nn.Sequential(OrderedDict(reduce=reduce, attention=attention, pool=pool, project=project))


class ElasticResidual(nn.Module):
    """The shortcut around the layers of a block, and the activation after it."""

    def __init__(self, residual: Residual) -> None:
        super().__init__()
        strided = residual.stride > 1
        self.pool = nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False) if strided else nn.Identity()
        self.conv = ElasticConv(residual.c_in, residual.c_out, fixed(1)) if residual.projects else None

    def forward(self, x: Tensor, y: Tensor, view: View, drop: float = 0.0) -> Tensor:
        """Return `(n, c_out, h, w)` from input and result of a layer; `drop` as for `ElasticInverted`."""
        if self.conv is not None:
            x = self.conv(self.pool(x), view)
        elif drop and self.training:
            y = drop_connect(y, drop)
        return F.relu(x + y)

    def norms(self) -> tuple[Norm, ...]:
        """Return the normalisation of the projection, if there is one."""
        return () if self.conv is None else self.conv.norms()

    def extract(self, view: PathView) -> nn.Module:
        """Return the plain layers of the shortcut of one architecture."""
        if self.conv is None:
            return nn.Identity()
        return nn.Sequential(OrderedDict(pool=deepcopy(self.pool), conv=self.conv.extract(view)))


class ElasticDeepStem(nn.Module):
    """Three convolutions and max pooling."""

    def __init__(self, stem: DeepStem) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            ElasticConv(fixed(c_in), fixed(c_out), fixed(3), 1 if number else 2, act="relu")
            for number, (c_in, c_out) in enumerate(pairwise(stem.widths))
        )
        self.pool = nn.MaxPool2d(3, 2, padding=1)

    def forward(self, x: Tensor, view: View) -> Tensor:
        """Return `(n, c_out, h, w)`."""
        for conv in self.convs:
            x = conv(x, view)
        pooled: Tensor = self.pool(x)
        return pooled

    def extract(self, view: PathView) -> nn.Sequential:
        """Return the plain layers."""
        convs = [conv.extract(view) for conv in self.convs if isinstance(conv, ElasticConv)]
        return nn.Sequential(*convs, deepcopy(self.pool))
