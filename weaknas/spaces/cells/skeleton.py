"""The networks around cells: where each cell stands, what it is given, and what all that costs that is no cell."""

from typing import Literal, NamedTuple

import numpy as np

from ...errors import InvalidOption
from ..cost import Cost, conv, conv_bn, linear

__all__ = ["CellNetwork", "Feed", "Place", "Stem", "darts_network", "nasbench201_network", "squeeze_cost"]

Stem = Literal["cifar", "imagenet"]

_MOST = 10_000  # of anything, so that a slip of the keyboard is no network


class Feed(NamedTuple):
    """An input of a cell.

    Attributes:
        source: the number of the place that gives it; -1 for the (last) stem, -2 for the first of two.
        nodes: how many maps are concatenated in it.
        channels: of each of them.
        stride: 2 where it has twice the cell's height and width, and is halved.
    """

    source: int
    nodes: int
    channels: int
    stride: int = 1


class Place(NamedTuple):
    """A cell in a network.

    Attributes:
        name: the cell's name, such as `normal0`.
        kind: which cell of the space it is; empty for a residual block, which halves maps (NAS-Bench-201).
        channels: of each of its nodes.
        side: height and width of its nodes.
        stride: of the operations on its inputs.
        feeds: its inputs.
        squeezes: whether inputs are brought to its channels by a pointwise convolution.
    """

    name: str
    kind: str
    channels: int
    side: int
    stride: int
    feeds: tuple[Feed, ...]
    squeezes: bool


class CellNetwork(NamedTuple):
    """A network of cells.

    Attributes:
        stem: `cifar`, one convolution; `imagenet`, three, which reduce images eight times.
        width: channels of the stem's output.
        places: the cells, in order.
        features: what the classifier is given.
        normalised: whether the last output is normalised before pooling.
        side: height and width of images.
        classes: outputs of the classifier.
    """

    stem: Stem
    width: int
    places: tuple[Place, ...]
    features: int
    normalised: bool
    side: int
    classes: int

    def fixed_cost(self) -> Cost:
        """Return the cost of stem, residual blocks and classifier."""
        total = linear(self.features, self.classes)
        if self.stem == "cifar":
            total += conv_bn(3, self.width, 3, self.side)
        else:
            sides = (self.side // 2, self.side // 4, self.side // 8)
            half = self.width // 2
            total += conv_bn(3, half, 3, sides[0]) + conv_bn(half, self.width, 3, sides[1])
            total += conv_bn(self.width, self.width, 3, sides[2])
        if self.normalised:
            total += conv_bn(0, self.features, 1, 1)
        for place in self.places:
            if not place.kind:
                half, full = place.feeds[0].channels, place.channels
                total += conv_bn(half, full, 3, place.side) + conv_bn(full, full, 3, place.side)
                total += conv(half, full, 1, place.side)  # the shortcut has no normalisation
        return total


def squeeze_cost(place: Place, feed: Feed) -> tuple[Cost, Cost]:
    """Return what bringing an input to the cell's channels costs: whatever is in it, and for each map in it."""
    zero = np.zeros((), dtype=np.int64)
    each = conv(feed.channels, place.channels, 1, place.side * place.stride)
    return Cost(zero + 2 * place.channels, zero), each


def darts_network(
    channels: int, cells: int, side: int, classes: int, stem: Stem, nodes: int, *, name: str
) -> CellNetwork:
    """Return the network of DARTS: reduction cells after a third and two thirds, where channels double.

    Args:
        channels: of the first cells' nodes.
        cells: how many.
        side: height and width of images.
        classes: outputs.
        stem: `cifar` or `imagenet`.
        nodes: maps that a cell's output is concatenated of.
        name: of the space, for messages.

    Raises:
        InvalidOption: a number is out of range, or images cannot be halved so often.
    """
    _check(name, channels=channels, cells=cells, side=side, classes=classes)
    if stem not in ("cifar", "imagenet"):
        raise InvalidOption(f"stem of {name} is cifar or imagenet, not {stem!r}.")
    if channels % 2:  # two convolutions of a factorised reduction have half of them each
        raise InvalidOption(f"channels of {name} is an even number, not {channels}.")
    reductions = {cells // 3, 2 * cells // 3}
    halvings = len(reductions) + (3 if stem == "imagenet" else 0)
    _divisible(name, side, halvings)
    width = 3 * channels if stem == "cifar" else channels
    here = side if stem == "cifar" else side // 8
    outputs = {-1: (1, width, here), -2: (1, width, here if stem == "cifar" else 2 * here)}  # nodes, channels, side
    places = []
    for number in range(cells):
        stride = 2 if number in reductions else 1
        before = outputs[number - 1][2]
        feeds = tuple(
            Feed(source, outputs[source][0], outputs[source][1], outputs[source][2] // before)
            for source in (number - 2, number - 1)
        )
        channels, here = channels * stride, before // stride
        kind = "reduction" if stride == 2 else "normal"
        places.append(Place(f"{kind}{number}", kind, channels, here, stride, feeds, squeezes=True))
        outputs[number] = (nodes, channels, here)
    return CellNetwork(stem, width, tuple(places), nodes * channels, False, side, classes)


def nasbench201_network(channels: int, stage: int, side: int, classes: int, *, name: str) -> CellNetwork:
    """Return the network of NAS-Bench-201: three stages of so many cells, a residual block between each two.

    Raises:
        InvalidOption: a number is out of range, or images cannot be halved twice.
    """
    _check(name, channels=channels, stage=stage, side=side, classes=classes)
    _divisible(name, side, 2)
    places: list[Place] = []
    width = channels
    for number in range(3):
        if number:
            feed = (Feed(len(places) - 1, 1, channels),)
            channels, side = 2 * channels, side // 2
            places.append(Place(f"residual{len(places)}", "", channels, side, 2, feed, squeezes=False))
        for _ in range(stage):
            feed = (Feed(len(places) - 1, 1, channels),)
            places.append(Place(f"normal{len(places)}", "normal", channels, side, 1, feed, squeezes=False))
    return CellNetwork("cifar", width, tuple(places), channels, True, 4 * side, classes)


def _check(name: str, **numbers: int) -> None:
    for what, number in numbers.items():
        if type(number) is not int or not 1 <= number <= _MOST:
            raise InvalidOption(f"{what} of {name} is a whole number from 1 to {_MOST}, not {number!r}.")


def _divisible(name: str, side: int, halvings: int) -> None:
    if side % 2**halvings:
        raise InvalidOption(f"side of {name} is a multiple of {2**halvings}, by which it reduces images, not {side}.")
