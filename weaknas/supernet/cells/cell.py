"""A cell with all operations on all its edges, and what is left of it as a cell of its own."""

from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...spaces import Elastic
from ...spaces.cells.cell_space import Cell
from ...spaces.cells.operations import NONE
from ...spaces.cells.skeleton import Place
from ...spaces.elastic import fixed
from ..normalisation import Norm, NormBlock, norms_of
from ..views import View, weighted
from .operations import Squeeze, make_operation

__all__ = ["ElasticCell", "Node", "PlainCell"]


Given = tuple[int, Tensor | None]
"""The number of a node in an output, and how much of it there is; None where it is sure."""


class Node(NamedTuple):
    """A map in the output of a cell.

    Attributes:
        number: which of the cell's nodes it is, from 0.
        map: `(n, c, h, w)`.
        weight: how much of it there is; None where it is sure.
    """

    number: int
    map: Tensor
    weight: Tensor | None = None


class ElasticCell(nn.Module):
    """A cell of a supernet: every operation on every edge; a view says which of them run, and with which weights.

    Args:
        cell: the kind of cell.
        place: where it stands.
    """

    def __init__(self, cell: Cell, place: Place) -> None:
        super().__init__()
        self.cell, self.place = cell, place
        self.squeezes = nn.ModuleList(
            Squeeze(feed.nodes, feed.channels, place.channels, feed.stride) for feed in place.feeds if place.squeezes
        )
        self.edges = nn.ModuleList()
        for edge in cell.edges:
            stride = place.stride if edge.source < cell.inputs else 1
            made = {
                name: make_operation(name, place.channels, stride, normalised=place.squeezes)
                for name in edge.op.distinct.tolist()
            }
            self.edges.append(nn.ModuleDict({name: layers for name, layers in made.items() if layers is not None}))
        self._shared = False

    def share(self) -> None:
        """Let all edges that leave a node have the same operations."""
        first: dict[tuple[int, str], nn.Module] = {}
        for edge, operations in zip(self.cell.edges, self.edges, strict=True):
            assert isinstance(operations, nn.ModuleDict)
            for name in operations:
                operations[name] = first.setdefault((edge.source, name), operations[name])
        self._shared = True

    def forward(self, inputs: Sequence[Sequence[Node]], view: View) -> list[Node]:
        """Return the nodes of the output, of the nodes of each input."""
        maps = [self._input(number, nodes) for number, nodes in enumerate(inputs)]
        done: dict[nn.Module, Tensor] = {}

        def run(number: int, name: str) -> Tensor | None:
            if name == NONE:
                return None
            operation, x = self.operation(number, name), maps[self.cell.edges[number].source]
            if not self._shared:
                y: Tensor = operation(x)
                return y
            if operation not in done:
                done[operation] = operation(x)
            return done[operation]

        first = self.cell.inputs
        for target in range(first, first + self.cell.nodes):
            total = None
            for number, edge in enumerate(self.cell.edges):
                if edge.target == target:
                    part = view.blend(edge.op, lambda name, number=number: run(number, name))  # type: ignore[misc]
                    total = part if total is None else total if part is None else total + part
            maps.append(nothing(maps[0], self.place) if total is None else total)
        nodes = maps[first:]
        return [Node(number, nodes[number], weight) for number, weight in self.given(view, zeros=True)]

    def _input(self, number: int, nodes: Sequence[Node]) -> Tensor:
        if not self.place.squeezes:
            return nodes[0].map
        squeeze = self.squeeze(number)
        maps = torch.cat([weighted(F.relu(node.map), node.weight) for node in nodes], 1)
        return squeeze.of(maps, squeeze.columns([node.number for node in nodes]))

    def operation(self, number: int, name: str) -> nn.Module:
        """Return an operation of an edge, by the edge's number."""
        operations = self.edges[number]
        assert isinstance(operations, nn.ModuleDict)
        return operations[name]

    def squeeze(self, number: int) -> Squeeze:
        """Return what brings an input to the cell's channels."""
        squeeze = self.squeezes[number]
        assert isinstance(squeeze, Squeeze)
        return squeeze

    def terms(self, view: View) -> list[tuple[int, str, Tensor | None]]:
        """Return the edges and names of operations that run, with their weights; none of weight zero."""
        return [
            (number, name, weight)
            for number, edge in enumerate(self.cell.edges)
            for name, weight in view.options(edge.op)
            if name != NONE and not _is_zero(weight)
        ]

    def norm_blocks(self) -> list[NormBlock]:
        """Return the normalisations of the operations on each edge, one block an edge."""
        blocks = []
        for edge, operations in zip(self.cell.edges, self.edges, strict=True):
            assert isinstance(operations, nn.ModuleDict)
            known = {
                name: tuple(Norm(norm, fixed(norm.num_features)) for norm in norms_of(op))
                for name, op in operations.items()
            }
            normed = [name for name, norms in known.items() if norms]
            places = {name: normed.index(name) if name in normed else -1 for name in edge.op.distinct.tolist()}
            chosen = np.vectorize(places.__getitem__, otypes=[np.int64])(edge.op.values)
            blocks.append(NormBlock(tuple(known[name] for name in normed), Elastic(edge.op.choices, chosen)))
        return blocks

    def given(self, view: View, *, zeros: bool = False) -> list[Given]:
        """Return the numbers of the nodes in the output, with their weights; none of weight zero unless `zeros`."""
        if self.cell.given is None:
            return [(self.cell.nodes - 1, None)]
        return [
            (number, weight)
            for number, given in enumerate(self.cell.given)
            for value, weight in view.options(given)
            if value and (zeros or not _is_zero(weight))
        ]


class PlainCell(nn.Module):
    """A cell of one architecture, or of what is left of a mixture, with copies of its weights.

    Args:
        elastic: the cell in the supernet.
        view: what of it is left.
        inputs: the nodes in each of its inputs by number, with their weights.
    """

    def __init__(self, elastic: ElasticCell, view: View, inputs: Sequence[Sequence[Given]]) -> None:
        super().__init__()
        self.place = place = elastic.place
        terms = elastic.terms(view)
        edges = [elastic.cell.edges[number] for number, _, _ in terms]
        self._nodes = range(elastic.cell.inputs, elastic.cell.inputs + elastic.cell.nodes)
        self._ends = [(edge.source, edge.target) for edge in edges]
        self._given = [number for number, _ in elastic.given(view)]
        self.operations = nn.ModuleList(deepcopy(elastic.operation(number, name)) for number, name, _ in terms)
        self.squeezes = nn.ModuleList()
        for number, given in enumerate(inputs if place.squeezes else ()):
            self.squeezes.append(elastic.squeeze(number).narrowed([node for node, _ in given]))
            scale = _constants([weight for _, weight in given])
            scale = None if scale is None else scale.repeat_interleave(place.feeds[number].channels).view(-1, 1, 1)
            self.register_buffer(f"scale{number}", scale)
        self.register_buffer("weights", _constants([weight for _, _, weight in terms]))

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the nodes of the output, concatenated, of those of each input."""
        maps = [self._input(number, x) for number, x in enumerate(inputs)]
        for node in self._nodes:
            total = None
            for number, (source, target) in enumerate(self._ends):
                if target == node:
                    part = self.operations[number](maps[source])
                    part = part if self.weights is None else part * self.weights[number]  # type: ignore[index]
                    total = part if total is None else total + part
            maps.append(nothing(maps[0], self.place) if total is None else total)
        nodes = [maps[self._nodes[number]] for number in self._given]
        return nodes[0] if len(nodes) == 1 else torch.cat(nodes, 1)

    def _input(self, number: int, x: Tensor) -> Tensor:
        if not self.place.squeezes:
            return x
        squeeze, scale, x = self.squeezes[number], getattr(self, f"scale{number}"), F.relu(x)
        assert isinstance(squeeze, Squeeze)
        return squeeze.of(x if scale is None else x * scale, squeeze.columns())


def nothing(x: Tensor, place: Place) -> Tensor:
    """Return the map of a node into which nothing flows."""
    return x.new_zeros(len(x), place.channels, place.side, place.side)


def _constants(weights: Sequence[Tensor | None]) -> Tensor | None:
    """Return weights as constants; None where all are sure."""
    if all(weight is None for weight in weights):
        return None
    return torch.stack([torch.ones(()) if w is None else w.detach().cpu() for w in weights])


def _is_zero(weight: Tensor | None) -> bool:
    return weight is not None and weight.item() == 0
