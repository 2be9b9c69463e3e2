"""Spaces of networks of two kinds of cells, normal ones and reductions: what DARTS and NASNet have in common."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ...errors import InvalidArchitecture
from ..arrays import Batch, Floats, Keys, mix64
from ..cost import Cost
from ..diagram import Diagram
from ..elastic import Elastic, Price, fixed, lift
from ..encodes import Encoder
from ..networks import NetworkSpace
from ..readers import elsewhere
from ..texts import as_texts, one_text
from .cell_encodings import adjacency, counts
from .cell_texts import Terms, as_terms, read, write
from .genotypes import Genotype, read_genotype, write_terms
from .operations import NONE, operation_cost
from .skeleton import CellNetwork, Stem, darts_network, squeeze_cost
from .wiring import INPUTS, Wiring, as_diagram, as_graphs, keys

__all__ = ["KINDS", "Cell", "CellNetworks", "CellSpace", "Edge"]

KINDS = ("normal", "reduction")


class Edge(NamedTuple):
    """A term of a node's sum.

    Attributes:
        source: the node that is read.
        target: the node that it adds to.
        op: the name of the operation, `none` where there is no such term.
    """

    source: int
    target: int
    op: Elastic


class Cell(NamedTuple):
    """A kind of cell, of which the networks have several.

    Attributes:
        inputs: how many inputs it has; these are its first nodes.
        nodes: how many nodes besides.
        edges: all terms of the nodes' sums.
        given: which nodes are in its output, an elastic 0 or 1 for each; None if the last one is the output.
    """

    inputs: int
    nodes: int
    edges: tuple[Edge, ...]
    given: tuple[Elastic, ...] | None


class CellNetworks(NetworkSpace):
    """A space of networks of cells: what their supernet needs to know.

    Attributes:
        network: where the cells stand.
    """

    supernet = "weaknas.supernet.cells.supernet:CellSupernet"
    network: CellNetwork

    @property
    def classes(self) -> int:
        """Outputs of the classifier."""
        return self.network.classes

    @property
    def sides(self) -> tuple[int, ...]:
        """Height and width of the images."""
        return (self.network.side,)

    @property
    @abstractmethod
    def cells(self) -> Mapping[str, Cell]:
        """The kinds of cells by name."""


class CellSpace(CellNetworks):
    """Networks of normal cells and reduction cells in the skeleton of DARTS (Liu et al., ICLR 2019).

    A cell has two inputs, nodes 0 and 1, each brought to its channels; a node is the sum of operations on earlier
    ones. Its output is the concatenation of its nodes, and cells after a third and two thirds of the network halve the
    maps.

    Two architectures have one `key` if their nodes, or a node's terms, stand in another order alone.

    Text is `normal:CELL/reduction:CELL`, a cell its nodes joined by `+`, a node its operations with what they read,
    such as `sep_conv_3x3~0,skip_connect~2`, or `none`.

    Encodings: `onehot`, `adjacency` (which operations each node has on which others), `counts` (operations of each
    kind, depth, cost), `graph` (one graph of both cells, in which operations are vertices).

    Args:
        channels: of the nodes of the first cells; even.
        cells: how many there are.
        classes: outputs of the classifier.
        side: height and width of the images.
        stem: `cifar`, one convolution; `imagenet`, three that reduce images eight times.

    Raises:
        InvalidOption: a number is out of range, or images cannot be halved as often as the skeleton does.
    """

    default_encoding = "adjacency"
    merges_isomorphs = True
    ops: tuple[str, ...]
    node_count: int
    loose: bool = False

    def __init__(
        self, channels: int = 16, cells: int = 8, classes: int = 10, side: int = 32, stem: Stem = "cifar"
    ) -> None:
        given = {"channels": channels, "cells": cells, "classes": classes, "side": side, "stem": stem}
        self.recipe = {"space": self.name, **given}
        self.network = darts_network(channels, cells, side, classes, stem, self.node_count, name=self.title)

    @abstractmethod
    def wiring(self, batch: Batch) -> Mapping[str, Wiring]:
        """Return the wirings of architectures by the kind of cell."""

    @abstractmethod
    def rows(self, cells: Mapping[str, Terms]) -> list[int]:
        """Return the row of cells: by kind, for each node the nodes it reads and by which operations.

        Raises:
            ValueError: they are none of the space.
        """

    # -- which rows are one architecture --------------------------------------------------------------

    def key(self, batch: Batch) -> Keys:
        """Return `(n,)` hashes that isomorphic architectures share."""
        total = np.zeros(len(batch), dtype=np.uint64)
        for cell in self.wiring(self.as_batch(batch)).values():
            total = mix64(total + keys(cell, len(self.ops)))
        return total

    # -- other forms ----------------------------------------------------------------------------------

    def to_str(self, batch: Batch) -> list[str]:
        """Return `normal:CELL/reduction:CELL`."""
        return write(self.wiring(self.as_batch(batch)), self.ops)

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of texts, or of names of published architectures."""
        found = []
        for text in as_texts(texts):
            try:
                found.append(self.rows(read(self.published.get(text, text), KINDS)))
            except (ValueError, AttributeError, TypeError):
                example = self.to_str(self.sample(1, np.random.default_rng(0)))[0]
                raise one_text(self.title, text, f"such as {example!r}{elsewhere(text)}") from None
        rows = np.array(found, dtype=np.int8).reshape(-1, len(self.choices))
        return self.validate(rows)

    def from_genotype(self, genotype: object) -> Batch:
        """Return the row (a batch of one) of a `Genotype`, as the code of DARTS writes cells.

        Args:
            genotype: a named tuple or a mapping with lists `normal` and `reduce` of pairs of an operation and the node
                that it reads, two for each node, and `normal_concat` and `reduce_concat`, the nodes in the outputs.

        Raises:
            InvalidArchitecture: it is no genotype, or not of this space.
        """
        cells, outputs = read_genotype(genotype, self.ops, self.node_count, self.title)
        try:
            row = np.array([self.rows(cells)], dtype=np.int8)
        except ValueError:
            raise InvalidArchitecture(
                f"a node of the genotype reads another one twice, which those of {self.title} do not."
            ) from None
        for kind, own in self._outputs(row).items():
            if outputs[kind] != own:
                raise InvalidArchitecture(
                    f"the output of the genotype's {kind} cell has the nodes {outputs[kind]}, and in {self.title} "
                    f"it has {own}."
                )
        return row

    def to_genotype(self, arch: ArrayLike) -> Genotype:
        """Return `arch` (a batch of one) as the code of DARTS writes it.

        Raises:
            InvalidArchitecture: it is not in the space, these are several, or a node has not two terms.
        """
        row = self._one(arch)
        outputs, cells = self._outputs(row), self.wiring(row)
        normal, reduction = (write_terms(as_terms(cells[kind], self.ops)[0]) for kind in KINDS)
        return Genotype(normal, outputs["normal"], reduction, outputs["reduction"])

    def _outputs(self, row: Batch) -> dict[str, list[int]]:
        """Return which nodes are in the outputs of the cells of a batch of one."""
        cells = self.wiring(row).items()
        return {kind: (INPUTS + np.flatnonzero(cell.ends(self.loose)[0])).tolist() for kind, cell in cells}

    def diagrams(self, arch: ArrayLike) -> list[Diagram]:
        """Return the two cells of `arch` (a batch of one)."""
        cells = self.wiring(self._one(arch)).items()
        return [as_diagram(f"{kind} cell", cell, self.ops, loose=self.loose) for kind, cell in cells]

    # -- cost -----------------------------------------------------------------------------------------

    def cost(self, batch: Batch) -> Cost:
        """Return parameters and multiply-accumulates of networks."""
        picked = self.picked(self.as_batch(batch))
        zero, (fixed_part, prices) = np.zeros(len(batch), dtype=np.int64), self._prices
        total = Cost(zero, zero) + fixed_part
        for price in prices:
            total += price.at(picked)
        return total

    def expected_cost(self, weights: Mapping[Any, Any]) -> Cost:
        """Return expected parameters and multiply-accumulates."""
        total, prices = self._prices
        expected: Any = Cost(int(total.params), int(total.macs))  # type: ignore[arg-type]
        for price in prices:
            expected = expected + price.mean(weights)
        return expected  # type: ignore[no-any-return]

    @cached_property
    def _prices(self) -> tuple[Cost, list[Price]]:
        """The fixed part, and for each edge and each node of each kind of cell what it costs in all places."""
        total = self.network.fixed_cost()
        each: dict[tuple[str, int], Cost] = {}  # squeezing a node of a kind of cell, wherever its output is read
        table: dict[tuple[str, int, str], Cost] = {}
        for place in self.network.places:
            for feed in place.feeds:
                once, node = squeeze_cost(place, feed)
                total += once
                if feed.source < 0:
                    total += node
                else:
                    for number in range(feed.nodes):
                        at = self.network.places[feed.source].kind, number
                        each[at] = each[at] + node if at in each else node
            for stride, op in ((stride, op) for stride in {1, place.stride} for op in (NONE, *self.ops)):
                price, key = operation_cost(op, place.channels, stride, place.side), (place.kind, stride, op)
                table[key] = table[key] + price if key in table else price
        strides = {place.kind: place.stride for place in self.network.places}
        prices = []
        for kind, cell in self.cells.items():
            if kind not in strides:
                continue
            for edge in cell.edges:
                stride = strides[kind] if edge.source < cell.inputs else 1
                prices.append(_looked_up(edge.op, {op: table[kind, stride, op] for op in (NONE, *self.ops)}))
            for number, given in enumerate(cell.given or ()):
                if (kind, number) in each:
                    node = each[kind, number]
                    prices.append(Price(_times(given, node.params), _times(given, node.macs)))
        return total, prices

    # -- encodings ------------------------------------------------------------------------------------

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {
            "onehot": self._onehot,
            "adjacency": self._adjacency,
            "counts": self._counts,
            "graph": self._graph,
        }

    def _adjacency(self, batch: Batch, argument: str = "") -> Floats:
        return adjacency(self.wiring(batch), len(self.ops))

    def _counts(self, batch: Batch, argument: str = "") -> Floats:
        cost = self.cost(batch)
        free = np.log(np.stack([cost.params, cost.macs], axis=1)).astype(np.float32)
        return np.concatenate([counts(self.wiring(batch), len(self.ops)), free], axis=1)

    def _graph(self, batch: Batch, argument: str = "") -> Floats:
        return as_graphs(self.wiring(batch), len(self.ops), loose=self.loose).flatten()


def _looked_up(number: Elastic, table: Mapping[str, Cost]) -> Price:
    """Return the price of an operation that is elastic."""
    params = {name: int(cost.params) for name, cost in table.items()}
    macs = {name: int(cost.macs) for name, cost in table.items()}
    return Price(
        Elastic(number.choices, np.vectorize(params.__getitem__, otypes=[np.int64])(number.values)),
        Elastic(number.choices, np.vectorize(macs.__getitem__, otypes=[np.int64])(number.values)),
    )


def _times(number: Elastic, value: Any) -> Elastic:
    return lift(np.multiply, number, fixed(np.asarray(value, dtype=np.int64)))
