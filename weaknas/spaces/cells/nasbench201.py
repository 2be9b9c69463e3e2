"""The NAS-Bench-201 cell (Dong & Yang, ICLR 2020): four nodes, an operation on each of the six edges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from functools import cache, cached_property
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Batch, Floats, Keys
from ..choice import Choice
from ..cost import Cost, conv_bn
from ..diagram import Arrow, Diagram, Vertex
from ..elastic import Elastic
from ..encodes import Encoder, truncate
from ..graphs import Graphs
from ..orders import Order
from ..readers import elsewhere
from ..texts import as_texts, one_text
from .cell_space import Cell, CellNetworks, Edge
from .skeleton import nasbench201_network

__all__ = ["EDGES", "OPS", "NasBench201", "unique_string"]

OPS: Final = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES: Final = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))  # in the order of the official string
_NONE, _SKIP, _CONV1, _CONV3, _POOL = range(5)
_PATHS: Final = ((3,), (0, 4), (1, 5), (0, 2, 5))  # the input-output paths, as edges
_BENCHMARK: Final = {"channels": 16, "stage": 5, "classes": 10, "side": 32}
_VERTICES: Final = (Vertex("input", "input"), Vertex("1", "node"), Vertex("2", "node"), Vertex("output", "output"))
_TEMPLATE: Final = "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|"


class NasBench201(CellNetworks):
    """The 15,625 cells; a row holds the operation (an index into `OPS`) of each edge (in the order of `EDGES`).

    A choice is the operation of an edge, such as `op0-2`, and a layer of its own.

    That is the numbering of the official code and the order of the official string. Other libraries have others:
    `from_indices(rows, order="naslib")` reads the rows of NASLib, `to_indices` writes them.

    `key` follows the official rule (`get_unique_str` of NATS-Bench, `to_unique_str(consider_zero=True)` of
    AutoDL-Projects) and gives its 6,466 classes. The rule is conservative: it removes skip connections and collapses
    what is fed by zeros only, but keeps zero terms inside sums, and sorts the terms of a node as text without taking
    sums within sums apart. So rows of one class are the same function, while some equal functions stay in different
    classes.

    Networks are those of the benchmark unless options say otherwise: three stages of cells on images that are halved
    twice, of which each stage has twice the channels of the one before.

    Encodings: `onehot` (30), `adjacency` (6 edges present, then 4 x 6 operations), `path` (84 operation
    sequences from input to output, shortest first), `counts` (11), `graph` (operations as the vertices of a
    graph of 8, without the dead ones and the skip connections).

    Args:
        channels: of the first stage's cells.
        stage: cells in each stage.
        classes: outputs of the classifier.
        side: height and width of the images, a multiple of 4.

    Raises:
        InvalidOption: a number is out of range, or images cannot be halved twice.
    """

    name = "nasbench201"
    title = "NAS-Bench-201"
    layout = (
        f"the operations ({', '.join(f'{number} {op}' for number, op in enumerate(OPS))}) of the edges "
        f"{', '.join(f'{source}-{target}' for source, target in EDGES)}; from_indices(rows, order='naslib') reads "
        "those of NASLib, which numbers both in another order"
    )
    orders: ClassVar = {
        "official": Order(columns=(0, 1, 2, 3, 4, 5), options=(0, 1, 2, 3, 4)),
        # Operations skip_connect, none, nor_conv_3x3, nor_conv_1x1, avg_pool_3x3; edges 0-1, 0-2, 0-3, 1-2, 1-3, 2-3.
        "naslib": Order(columns=(0, 1, 3, 2, 4, 5), options=(1, 0, 3, 2, 4)),
    }

    choices = tuple(Choice(f"op{source}-{target}", OPS) for source, target in EDGES)

    def __init__(self, channels: int = 16, stage: int = 5, classes: int = 10, side: int = 32) -> None:
        self._given = {"channels": channels, "stage": stage, "classes": classes, "side": side}
        own = {name: value for name, value in self._given.items() if value != _BENCHMARK[name]}
        self.recipe = {"space": self.name, **own}  # the benchmark's stands in cards of tables, without options
        self.network = nasbench201_network(channels, stage, side, classes, name=self.title)

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """The one kind of cell, whose last node is its output."""
        edges = (Edge(*edge, Elastic.of(choice)) for edge, choice in zip(EDGES, self.choices, strict=True))
        return {"normal": Cell(1, 3, tuple(edges), None)}

    @cached_property
    def nodes(self) -> Mapping[str, tuple[Choice, ...]]:
        """The edges into each node."""
        edges = list(zip(self.choices, EDGES, strict=True))
        return {f"node{node}": tuple(choice for choice, (_, to) in edges if to == node) for node in (1, 2, 3)}

    def key(self, batch: Batch) -> Keys:
        """Return `(n,)` class numbers after the official uniqueness rule."""
        return _classes()[self.code(batch)]

    def to_str(self, batch: Batch) -> list[str]:
        """Return the official strings."""
        texts = _texts()
        return [texts[code] for code in self.code(self.as_batch(batch)).tolist()]

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of official strings."""
        codes, found = _codes(), []
        for text in as_texts(texts):
            if not isinstance(text, str) or text not in codes:
                raise one_text(self.title, text, _TEMPLATE.format(*OPS, OPS[3]) + elsewhere(text))
            found.append(codes[text])
        return _rows()[found]

    def diagrams(self, arch: ArrayLike) -> list[Diagram]:
        """Return the cell of `arch` (a batch of one): operations on edges, those that are `none` left out."""
        (row,) = self._one(arch).tolist()
        arrows = (Arrow(*edge, OPS[op]) for edge, op in zip(EDGES, row, strict=True) if op != _NONE)
        return [Diagram(f"{self.title} cell", _VERTICES, tuple(arrows))]

    def cost(self, batch: Batch, classes: int | None = None, side: int | None = None) -> Cost:
        """Return parameters and multiply-accumulates of networks.

        The parameters of the benchmark's equal the official ones; the official MACs also count the biases of the
        classifier and so are larger by `classes`.

        Args:
            batch: `(n, 6)` rows.
            classes: outputs of the classifier, if not the space's own.
            side: height and width of the images, if not the space's own.
        """
        if classes is not None or side is not None:
            other = {"classes": classes or self.classes, "side": side or self.network.side}
            return NasBench201(**{**self._given, **other}).cost(batch)
        batch = self.as_batch(batch)
        return self._cost((batch == _CONV1).sum(1), (batch == _CONV3).sum(1))

    def expected_cost(self, weights: Mapping[Any, Any]) -> Cost:
        """Return expected parameters and multiply-accumulates of networks drawn at random."""

        def expected(operation: int) -> Any:
            stands = np.arange(len(OPS)) == operation
            return sum(Elastic.of(choice, stands).mean(weights) for choice in self.choices)

        return self._cost(expected(_CONV1), expected(_CONV3))

    def _cost(self, ones: Any, threes: Any) -> Cost:
        """Return the cost of networks with so many 1x1 and 3x3 convolutions in a cell, numbers of numpy or torch."""
        zero = np.zeros((), dtype=np.int64)
        small, large = Cost(zero, zero), Cost(zero, zero)
        for place in self.network.places:
            if place.kind:
                small += conv_bn(place.channels, place.channels, 1, place.side)
                large += conv_bn(place.channels, place.channels, 3, place.side)
        parts = zip(*map(astuple, (self.network.fixed_cost(), small, large)), strict=True)
        params, macs = (int(rest) + int(one) * ones + int(three) * threes for rest, one, three in parts)
        return Cost(params, macs)

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {
            "onehot": self._onehot,
            "adjacency": self._adjacency,
            "path": self._path,
            "counts": self._counts,
            "graph": self._graph,
        }

    def _adjacency(self, batch: Batch, argument: str = "") -> Floats:
        operations = batch[:, :, None] == np.arange(1, len(OPS))
        return np.concatenate([batch != _NONE, operations.reshape(len(batch), -1)], axis=1).astype(np.float32)

    def _path(self, batch: Batch, argument: str = "") -> Floats:
        """Presence of each sequence of operations (White et al., BANANAS, AAAI 2021); dead paths are absent."""
        blocks = []
        at = np.arange(len(batch))
        for length in (1, 2, 3):
            block = np.zeros((len(batch), (len(OPS) - 1) ** length), dtype=np.float32)
            for path in (p for p in _PATHS if len(p) == length):
                live = (batch[:, path] != _NONE).all(1)
                sequence = (batch[:, path] - 1) @ (len(OPS) - 1) ** np.arange(length)[::-1]
                block[at[live], sequence[live]] = 1
            blocks.append(block)
        return truncate(np.concatenate(blocks, axis=1), argument, "path")

    def _counts(self, batch: Batch, argument: str = "") -> Floats:
        """Operations of each kind (5), longest live path in edges and in layers, live paths and edges, cost (2)."""
        live_path = np.stack([(batch[:, path] != _NONE).all(1) for path in _PATHS], axis=1)
        live_edge = np.zeros(batch.shape, dtype=bool)
        layer = np.isin(batch, (_CONV1, _CONV3))
        edges, layers = [], []
        for column, path in enumerate(_PATHS):
            live_edge[:, path] |= live_path[:, column, None]
            edges.append(live_path[:, column] * len(path))
            layers.append(live_path[:, column] * layer[:, path].sum(1))
        cost = self.cost(batch)
        kinds = (batch[:, :, None] == np.arange(len(OPS))).sum(1)
        rest = (np.max(edges, axis=0), np.max(layers, axis=0), live_path.sum(1), live_edge.sum(1))
        columns = (
            kinds,
            *(r[:, None] for r in rest),
            np.log(cost.params)[:, None],
            np.log(cost.macs)[:, None],
        )
        return np.concatenate(columns, axis=1).astype(np.float32)

    def _graph(self, batch: Batch, argument: str = "") -> Floats:
        """`Graphs` of 8 vertices and 5 kinds (input, convolutions, pooling, output); an edge's operation is a vertex.

        They show what is computed: what lies on no path from input to output is absent, and so are skip connections,
        which become edges between what they connect. So an entry of the adjacency can be 2: a value added to itself.
        """
        vertices = len(EDGES) + 2
        cell = np.zeros((vertices, vertices), dtype=np.float32)
        for edge, (source, target) in enumerate(EDGES):
            cell[0, edge + 1] = source == 0
            cell[edge + 1, -1] = target == 3
            for later, (start, _) in enumerate(EDGES):
                cell[edge + 1, later + 1] = target == start
        adjacency = np.tile(cell, (len(batch), 1, 1))
        for vertex, operation in enumerate(batch.T, start=1):
            into, out = adjacency[:, :, vertex].copy(), adjacency[:, vertex].copy()
            adjacency += (operation == _SKIP)[:, None, None] * into[:, :, None] * out[:, None, :]
            gone = (operation == _SKIP) | (operation == _NONE)
            adjacency[gone, :, vertex] = adjacency[gone, vertex] = 0
        kinds = np.zeros((len(batch), vertices, 5), dtype=np.float32)
        kinds[:, 0, 0] = kinds[:, -1, -1] = 1
        kinds[:, 1:-1, 1:-1] = batch[:, :, None] == (_CONV1, _CONV3, _POOL)
        return Graphs(adjacency, kinds).pruned().flatten()


@cache
def _rows() -> Batch:
    return NasBench201().enumerate()


@cache
def _texts() -> list[str]:
    return [_TEMPLATE.format(*(OPS[op] for op in row)) for row in _rows().tolist()]


@cache
def _codes() -> dict[str, int]:
    return {text: code for code, text in enumerate(_texts())}


@cache
def _classes() -> Keys:
    """The class of every row: equal official unique strings, numbered in their sorted order."""
    _, classes = np.unique([unique_string(row) for row in _rows().tolist()], return_inverse=True)
    return classes.astype(np.uint64)


def unique_string(row: Sequence[int], labels: Sequence[str] = OPS) -> str:
    """Return the official text: the output node as sums of nested operations, without skips; `#` is fed by zeros only.

    Args:
        row: the operation of each edge.
        labels: what each operation is called; terms are sorted as text, so this decides which sums are alike.
    """
    nodes = ["0"]
    edges = iter(row)
    for node in range(1, 4):
        terms = []
        for source, op in zip(nodes[:node], edges, strict=False):
            zero = op == _NONE or source == "#"
            terms.append("#" if zero else source if op == _SKIP else f"({source})@{labels[op]}")
        nodes.append("+".join(sorted(terms)))
    return nodes[-1]
