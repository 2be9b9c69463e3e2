"""Many networks as one: the small skeleton around NAS-Bench-201 cells, its members side by side in the channels.

A group has `m` members, each an architecture with its own parameters. Activations are `(batch, m * channels,
side, side)`, channels last in memory, member by member; convolutions are grouped, everything else works channel
by channel, so no member sees another. One call then does the work of all of them, which on a CPU saves the
overhead of tiny layers and on a GPU fills it.

    image -> conv3x3, BN -> cell (8 channels) -> ReLU, conv3x3/2, BN -> cell (16) -> BN, ReLU, mean -> linear

Operations that zeros alone feed, or that do not reach the cell's output, are left out: nothing depends on them.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from weaknas.spaces import Batch
from weaknas.spaces.cells.nasbench201 import EDGES, OPS

from .cost import live_edges

__all__ = ["Group"]

_EPSILON = 1e-5
_KERNELS = {OPS.index("nor_conv_1x1"): 1, OPS.index("nor_conv_3x3"): 3}
_SKIP = OPS.index("skip_connect")


class Group(nn.Module):
    """Networks that are trained side by side and know nothing of each other.

    Args:
        rows: `(m, 6)` architecture of each member.
        generators: the source of each member's initial parameters.
        channels: colours of the images.
        classes: outputs.
        width: channels of the first cell.
    """

    def __init__(
        self, rows: Batch, generators: Sequence[torch.Generator], channels: int, classes: int, width: int
    ) -> None:
        super().__init__()
        self.members = len(rows)
        everyone = np.arange(self.members)
        self.stem = _Conv(everyone, channels, width, 3, generators)
        self.first = _Cell(rows, width, generators)
        self.reduction = _Conv(everyone, width, 2 * width, 3, generators, stride=2)
        self.second = _Cell(rows, 2 * width, generators)
        self.norm = _Norm(self.members * 2 * width)
        bound = (2 * width) ** -0.5
        draws = [torch.rand(classes, 2 * width, generator=g) for g in generators]
        self.weight = nn.Parameter((2 * torch.stack(draws) - 1) * bound)  # (m, classes, features)
        self.bias = nn.Parameter(torch.zeros(self.members, 1, classes))

    def forward(self, images: Tensor) -> Tensor:
        """Return `(m, batch, classes)` logits of images `(batch, m * channels, side, side)`."""
        x = self.first(self.stem(images))
        x = self.second(self.reduction(F.relu(x)))
        features = F.relu(self.norm(x)).mean((2, 3)).unflatten(1, (self.members, -1))
        return torch.baddbmm(self.bias, features.transpose(0, 1), self.weight.transpose(1, 2))


class _Cell(nn.Module):
    """The cells of all members; each edge does, for each operation, the members that have it there."""

    def __init__(self, rows: Batch, width: int, generators: Sequence[torch.Generator]) -> None:
        super().__init__()
        self.members = len(rows)
        live = live_edges(rows)
        self.edges: list[list[_Edge]] = []
        for edge in range(len(EDGES)):
            having = {op: np.flatnonzero(live[:, edge] & (rows[:, edge] == op)) for op in range(len(OPS))}
            self.edges.append(
                [_Edge(op, members, len(rows), width, generators) for op, members in having.items() if len(members)]
            )
        self.registered = nn.ModuleList(kind for kinds in self.edges for kind in kinds)

    def forward(self, x: Tensor) -> Tensor:
        nodes: list[Tensor | None] = [x, None, None, None]
        rectified: dict[int, Tensor] = {}
        for (source, target), kinds in zip(EDGES, self.edges, strict=True):
            for kind in kinds:
                value = nodes[source]
                assert value is not None  # a live edge has a live source
                if kind.conv is not None:
                    if source not in rectified:
                        rectified[source] = F.relu(value)
                    value = rectified[source]
                nodes[target] = kind.add_to(nodes[target], value)
        output = nodes[-1]
        return torch.zeros_like(x) if output is None else output


class _Edge(nn.Module):
    """One operation on one edge, for the members that have it there."""

    index: Tensor | None

    def __init__(
        self, op: int, having: NDArray[np.intp], members: int, width: int, generators: Sequence[torch.Generator]
    ) -> None:
        super().__init__()
        self.members = members
        self.skip = op == _SKIP
        self.conv = _Conv(having, width, width, _KERNELS[op], generators) if op in _KERNELS else None
        # Where all members agree, which is the rule for the seeds of one architecture, nothing is gathered.
        self.register_buffer("index", None if len(having) == members else torch.from_numpy(having))

    def add_to(self, total: Tensor | None, x: Tensor) -> Tensor:
        if self.index is None:
            y = self._operate(x)
            return y if total is None else total + y
        y = self._operate(_by_channel(_by_member(x, self.members).index_select(3, self.index)))
        start = torch.zeros_like(x) if total is None else total
        parts = _by_member(y, len(self.index))
        return _by_channel(_by_member(start, self.members).index_add(3, self.index, parts))

    def _operate(self, x: Tensor) -> Tensor:
        if self.conv is not None:
            y: Tensor = self.conv(x)
            return y
        return x if self.skip else F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def _by_member(x: Tensor, members: int) -> Tensor:
    """View `(batch, m * c, h, w)` as `(batch, h, w, m, c)`, its layout in memory."""
    return x.permute(0, 2, 3, 1).unflatten(3, (members, -1))


def _by_channel(x: Tensor) -> Tensor:
    return x.flatten(3).permute(0, 3, 1, 2)


class _Norm(nn.Module):
    """Batch normalisation of each channel; after training it uses the statistics of the last batch.

    Running averages lag far behind weights that move fast: with them the accuracy of one architecture after 2 of
    6 epochs differed by 7.5 points between runs, with the statistics of one large batch by 2.7.
    """

    mean: Tensor
    var: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.mean, self.var, self.scale, self.shift, self.training, 1.0, _EPSILON)

    def folded(self) -> tuple[Tensor, Tensor]:
        """Return what multiplies and what is added to each channel after training."""
        factor = self.scale * (self.var + _EPSILON).rsqrt()
        return factor, self.shift - self.mean * factor


class _Conv(nn.Module):
    """A convolution and its normalisation, one for each member of a part of them."""

    def __init__(
        self,
        having: Iterable[int],
        inputs: int,
        outputs: int,
        kernel: int,
        generators: Sequence[torch.Generator],
        stride: int = 1,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.padding = kernel // 2
        deviation = (2 / (inputs * kernel * kernel)) ** 0.5  # He et al., ICCV 2015
        draws = [torch.randn(outputs, inputs, kernel, kernel, generator=generators[m]) for m in having]
        weight = (torch.cat(draws) * deviation).contiguous(memory_format=torch.channels_last)
        self.groups = len(draws)
        self.weight = nn.Parameter(weight)
        self.norm = _Norm(len(weight))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            y: Tensor = self.norm(F.conv2d(x, self.weight, None, self.stride, self.padding, 1, self.groups))
            return y
        factor, shift = self.norm.folded()
        weight = self.weight * factor[:, None, None, None]
        return F.conv2d(x, weight, shift, self.stride, self.padding, 1, self.groups)
