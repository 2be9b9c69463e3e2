"""Where everything of a drawn cell stands: a layered layout, from left to right.

The operation of an arrow becomes a box of its own between its two vertices, and one that passes layers has a lane in
each. So every line runs between neighbouring layers, and none through a box, by construction. Layers go by longest
path, the order within them by barycentres (Sugiyama, Tagawa and Toda, IEEE Trans. SMC, 1981) and exchanges of
neighbours, heights by a linear program.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..spaces.diagram import Diagram, Kind, Vertex

__all__ = ["LETTER", "Box", "Line", "Placed", "place"]

_BOX, _LANE = 24.0, 4.0  # heights, in pixels as all lengths
LETTER = 7.25
"""The width of a letter of a name, in pixels: of most fonts whose letters are of one width, at 12 pixels."""
_PADDING = 14.0
_APART = 10.0  # between boxes of a layer
_GAP, _CLIMB = 32.0, 0.4  # between layers: at least, and of the height that a line climbs there
_SWEEPS = 24
_STRAIGHT, _COMPACT = 4.0, 0.01  # weights of level lanes, and of little height, against those of boxes amid others


class Box(NamedTuple):
    """A box with a name in it; `x` and `y` are its centre, in pixels."""

    x: float
    y: float
    width: float
    height: float
    name: str
    kind: Kind


class Line(NamedTuple):
    """A line from the right side of a box to the left side of another, in pixels.

    Attributes:
        start: where it begins, across.
        curves: `(x0, y0, x1, y1)` of the curves in it, level at both ends; what is between them is level too.
        end: where it ends, across.
    """

    start: float
    curves: tuple[tuple[float, float, float, float], ...]
    end: float


class Placed(NamedTuple):
    """A cell with a place for everything, from `(0, 0)` to `(width, height)` in pixels."""

    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


@dataclass(eq=False)
class _Stop:
    """What lines lead to: a box, or a lane in a layer that an arrow passes."""

    layer: int
    vertex: Vertex | None = None
    left: "list[_Stop]" = field(default_factory=list)
    right: "list[_Stop]" = field(default_factory=list)
    place: int = 0  # in its layer, from above
    y: float = 0.0

    @property
    def width(self) -> float:
        return LETTER * len(self.vertex.name) + _PADDING if self.vertex else 0.0

    @property
    def height(self) -> float:
        return _BOX if self.vertex else _LANE


_Layers = list[list[_Stop]]


def place(diagram: Diagram) -> Placed:
    """Return where everything of a cell stands; the same cell gives the same numbers."""
    layers, lines = _stops(diagram)
    _order(layers)
    _level(layers)
    left, right = _columns(layers)
    middle = [(start + end) / 2 for start, end in zip(left, right, strict=True)]
    boxes = tuple(
        Box(middle[stop.layer], stop.y, stop.width, stop.height, *stop.vertex)
        for layer in layers
        for stop in layer
        if stop.vertex
    )
    drawn = tuple(
        Line(
            middle[line[0].layer] + line[0].width / 2,
            tuple((right[a.layer], a.y, left[b.layer], b.y) for a, b in pairwise(line)),
            middle[line[-1].layer] - line[-1].width / 2,
        )
        for line in lines
    )
    bottom = max(stop.y + stop.height / 2 for layer in layers for stop in layer)
    return Placed(diagram.title, right[-1], bottom, boxes, drawn)


# -- layers ------------------------------------------------------------------------------------------------


def _stops(diagram: Diagram) -> tuple[_Layers, list[list[_Stop]]]:
    """Return what stands in each layer, and each line as what it leads through."""
    depths = _depths(diagram)
    vertices = [_Stop(depth, vertex) for depth, vertex in zip(depths, diagram.vertices, strict=True)]
    stops, lines = [*vertices], []
    for source, target, label in diagram.arrows:
        ends = [vertices[source], vertices[target]]
        if label:
            ends.insert(1, _Stop(depths[target] - 1, Vertex(label, "operation")))
            stops.append(ends[1])
        for start, end in pairwise(ends):
            lanes = [_Stop(layer) for layer in range(start.layer + 1, end.layer)]
            stops += lanes
            lines.append([start, *lanes, end])
    for line in lines:
        for one, other in pairwise(line):
            one.right.append(other)
            other.left.append(one)
    return [[stop for stop in stops if stop.layer == layer] for layer in range(max(depths) + 1)], lines


def _depths(diagram: Diagram) -> list[int]:
    """Return the layer of each vertex: as far left as its arrows allow, the output right of all others."""
    kinds = [vertex.kind for vertex in diagram.vertices]
    depths = [0] * len(kinds)
    for source, target, label in sorted(diagram.arrows):
        depths[target] = max(depths[target], depths[source] + 1 + bool(label))
    fed = {arrow.target for arrow in diagram.arrows}
    for vertex in reversed(range(len(kinds))):
        if kinds[vertex] != "input" and vertex not in fed:  # it stands beside what it leads to, not among the inputs
            room = [depths[target] - 1 - bool(label) for source, target, label in diagram.arrows if source == vertex]
            depths[vertex] = min(room, default=0)
    last = max((depth for depth, kind in zip(depths, kinds, strict=True) if kind != "output"), default=0) + 1
    return [max(depth, last) if kind == "output" else depth for depth, kind in zip(depths, kinds, strict=True)]


# -- order -------------------------------------------------------------------------------------------------


def _order(layers: _Layers) -> None:
    """Sort each layer so that few lines cross; of an order and its mirror image, the first input stands above."""
    first = layers[0][0]
    _number(layers)
    best, fewest = [[*layer] for layer in layers], _crossings(layers)
    for sweep in range(_SWEEPS):
        rightward = sweep % 2 == 0
        for layer in layers if rightward else reversed(layers):
            layer.sort(key=lambda stop: _mean([other.place for other in _beside(stop, rightward)], stop.place))
            _number([layer])
            _exchange(layer)
        if (crossings := _crossings(layers)) < fewest:
            best, fewest = [[*layer] for layer in layers], crossings
    mirrored = 2 * best[0].index(first) >= len(best[0])
    layers[:] = [layer[::-1] for layer in best] if mirrored else best
    _number(layers)


def _beside(stop: _Stop, rightward: bool) -> list[_Stop]:
    return stop.left if rightward else stop.right


def _mean(places: list[int], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _number(layers: _Layers) -> None:
    for layer in layers:
        for place, stop in enumerate(layer):
            stop.place = place


def _exchange(layer: list[_Stop]) -> None:
    """Exchange neighbours where that undoes crossings."""
    for at in range(len(layer) - 1):
        upper, lower = layer[at : at + 2]
        if _crossed(upper, lower) > _crossed(lower, upper):
            layer[at : at + 2] = lower, upper
    _number([layer])


def _crossed(upper: _Stop, lower: _Stop) -> int:
    """Return how many lines of two stops of a layer cross, on both sides."""
    sides = ((upper.left, lower.left), (upper.right, lower.right))
    return sum(one.place > other.place for ones, others in sides for one in ones for other in others)


def _crossings(layers: _Layers) -> int:
    """Return twice the number of crossings, for both ends of a pair of lines see them."""
    return sum(_crossed(a, b) for layer in layers for at, a in enumerate(layer) for b in layer[at + 1 :])


# -- heights and columns -----------------------------------------------------------------------------------


def _level(layers: _Layers) -> None:
    """Give everything its height, by a linear program: lanes level, boxes amid what they are joined to."""
    from scipy.optimize import linprog

    number = {stop: at for at, stop in enumerate(stop for layer in layers for stop in layer)}
    wishes = [(stop, side) for stop in number for side in (stop.left, stop.right) if side]
    missed = len(number)  # first of the variables that say by how much each wish is missed
    cost = [_COMPACT] * missed + [1.0 if stop.vertex else _STRAIGHT for stop, _ in wishes]
    limits: list[dict[int, float]] = []  # coefficients of sums that are at most the bounds
    bounds: list[float] = []
    for layer in layers:
        for upper, lower in pairwise(layer):
            limits.append({number[upper]: 1.0, number[lower]: -1.0})
            bounds.append(-(upper.height + lower.height) / 2 - _APART)
    for at, (stop, side) in enumerate(wishes, missed):
        for sign in (1.0, -1.0):
            limits.append({number[stop]: sign, at: -1.0} | {number[other]: -sign / len(side) for other in side})
            bounds.append(0.0)
    matrix = np.zeros((len(limits), len(cost)))
    for row, limit in zip(matrix, limits, strict=True):
        row[[*limit]] = [*limit.values()]
    heights = linprog(cost, A_ub=matrix, b_ub=bounds).x.tolist()
    top = min(heights[at] - stop.height / 2 for stop, at in number.items())
    for stop, at in number.items():
        stop.y = round(heights[at] - top, 1)


def _columns(layers: _Layers) -> tuple[list[float], list[float]]:
    """Return where each layer begins and ends, across."""
    left, right = [0.0], [max(stop.width for stop in layers[0])]
    for layer, following in pairwise(layers):
        climb = max((abs(stop.y - other.y) for stop in layer for other in stop.right), default=0.0)
        left.append(round(right[-1] + max(_GAP, _CLIMB * climb), 1))
        right.append(left[-1] + max((stop.width for stop in following), default=0.0))
    return left, right
