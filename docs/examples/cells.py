"""A family of networks in a plain file, a space and its supernet: two cells with an operation on each of three edges.

weaknas supernet train docs/examples/cells.py:Cells IMAGES --scheme spos --out run
"""

from collections.abc import Iterable
from copy import deepcopy

import numpy as np
import torch.nn.functional as F
from torch import nn

from weaknas.errors import InvalidArchitecture
from weaknas.spaces import Choice, Cost, Elastic, NetworkSpace
from weaknas.spaces.cost import conv_bn, linear
from weaknas.supernet import SubNet, Supernet

OPS = {"none": None, "skip": 0, "conv1x1": 1, "conv3x3": 3}  # an operation is the size of its kernel
EDGES = ((0, 1), (0, 2), (1, 2))


def operation(name, channels, momentum):
    """Return the layers of an operation, None where nothing flows."""
    if (kernel := OPS[name]) is None:
        return None
    if kernel == 0:
        return nn.Identity()
    conv = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(nn.ReLU(), conv, nn.BatchNorm2d(channels, momentum=momentum))


class CellSupernet(Supernet):
    """All operations on all edges; a view says which of them run, and with which weights."""

    def __init__(self, space, zero_gamma: bool = False, bn_momentum: float = 0.1) -> None:
        super().__init__(space)
        width = space.channels
        conv = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.stem = nn.Sequential(conv, nn.BatchNorm2d(width, momentum=bn_momentum))
        self.edges = nn.ModuleList(
            nn.ModuleDict({name: layers for name in OPS if (layers := operation(name, width, bn_momentum))})
            for _ in space.choices
        )
        self.chosen = [Elastic.of(choice) for choice in space.choices]
        self.classifier = nn.Linear(width, space.classes)

    @property
    def layers(self):
        return ("cell1", "cell2")

    def features(self, images, selection):
        view = self.view(selection)

        def edge(number, x):
            seen = view.within(self.layers[number // 3])
            ops = self.edges[number]
            return seen.blend(self.chosen[number], lambda name: ops[name](x) if name in ops else None)

        return run_cells(self.stem, edge, images, self.space.sides[0])

    def _extract(self, arch):
        return CellNet(self, arch)


class CellNet(SubNet):
    """One architecture, with copies of its weights."""

    def __init__(self, supernet, arch) -> None:
        space = supernet.space
        super().__init__(space, space.to_str(arch)[0], space.sides[0])
        names = [tuple(OPS)[op] for op in arch[0].tolist()]
        self.stem = deepcopy(supernet.stem)
        self.edges = nn.ModuleDict(
            {str(i): deepcopy(supernet.edges[i][name]) for i, name in enumerate(names) if name != "none"}
        )
        self.classifier = deepcopy(supernet.classifier)

    def features(self, images):
        def edge(number, x):
            return self.edges[str(number)](x) if str(number) in self.edges else None

        return run_cells(self.stem, edge, images, self.resolution)


def run_cells(stem, edge, images, side):
    """Return the `(n, channels)` means of what two cells make of images; `edge(number, x)` is None for no flow."""
    if images.shape[-1] != side:
        images = F.interpolate(images, (side, side), mode="bicubic", antialias=True)
    x = stem(images)
    for cell in (0, 3):
        nodes = [x]
        for node in (1, 2):
            into = [edge(cell + i, nodes[source]) for i, (source, target) in enumerate(EDGES) if target == node]
            nodes.append(sum((part for part in into if part is not None), start=0 * x))
        x = nodes[-1]
    return x.mean((2, 3))


class Cells(NetworkSpace):
    """A stem, two cells of three nodes, and a classifier.

    Args:
        channels: of all nodes.
        classes: outputs of the classifier.
        side: height and width of the images.
    """

    name, title = "cells", "the space of two cells"
    supernet = CellSupernet

    def __init__(self, channels: int = 8, classes: int = 10, side: int = 8) -> None:
        self.channels, self._classes, self._side = channels, classes, side
        self.recipe = {"space": self.name, "channels": channels, "classes": classes, "side": side}
        self.choices = tuple(
            Choice(f"op{cell}.{source}-{target}", tuple(OPS), f"cell{cell}.{source}-{target}")
            for cell in (1, 2)
            for source, target in EDGES
        )

    @property
    def classes(self):
        return self._classes

    @property
    def sides(self):
        return (self._side,)

    def cost(self, batch):
        onehot = np.eye(len(OPS))[self.as_batch(batch)]
        counted = self._cost([onehot[:, column] for column in range(len(self.choices))])
        return Cost(counted.params.round().astype(np.int64), counted.macs.round().astype(np.int64))

    def expected_cost(self, weights):
        return self._cost([weights[choice.name] for choice in self.choices])

    def _cost(self, weights):
        """Sum the costs of operations by their weights, `(..., options)` for each edge."""
        head = conv_bn(3, self.channels, 3, self._side) + linear(self.channels, self.classes)
        width = self.channels
        prices = [conv_bn(width, width, kernel, self._side) if kernel else None for kernel in OPS.values()]
        params = sum(w[..., i] * int(p.params) for w in weights for i, p in enumerate(prices) if p)
        macs = sum(w[..., i] * int(p.macs) for w in weights for i, p in enumerate(prices) if p)
        return Cost(params + int(head.params), macs + int(head.macs))

    def to_str(self, batch):
        return ["|".join(tuple(OPS)[op] for op in row) for row in self.as_batch(batch).tolist()]

    def from_str(self, texts: Iterable[str]):
        rows = [text.split("|") for text in ([texts] if isinstance(texts, str) else texts)]
        if any(len(row) != len(self.choices) or not set(row) <= OPS.keys() for row in rows):
            raise InvalidArchitecture(f"an architecture of {self.title} is six of {', '.join(OPS)}, joined by '|'.")
        return np.array([[tuple(OPS).index(op) for op in row] for row in rows], dtype=np.int8).reshape(-1, 6)
