"""The space of DARTS (Liu et al., ICLR 2019): as networks that are evaluated, and as edges that are mixed."""

from collections.abc import Mapping
from functools import cached_property
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidArchitecture
from ..arrays import Batch
from ..choice import Choice
from ..elastic import Elastic, fixed
from .cell_space import KINDS, Cell, CellSpace, Edge
from .cell_texts import Terms
from .operations import DARTS, NONE
from .wiring import INPUTS, Wiring

__all__ = ["Darts", "DartsEdges"]

_NODES: Final = range(INPUTS, INPUTS + 4)
_EDGES: Final = tuple((source, node) for node in _NODES for source in range(node))
_PAIRS: Final = {node: tuple(combinations(range(node), 2)) for node in _NODES}

# As the authors' code has them.
_V1 = (
    "normal:sep_conv_3x3~0,sep_conv_3x3~1+skip_connect~0,sep_conv_3x3~1+skip_connect~0,sep_conv_3x3~1"
    "+sep_conv_3x3~0,skip_connect~2/reduction:max_pool_3x3~0,max_pool_3x3~1+max_pool_3x3~0,skip_connect~2"
    "+max_pool_3x3~0,skip_connect~2+avg_pool_3x3~0,skip_connect~2"
)
_V2 = (
    "normal:sep_conv_3x3~0,sep_conv_3x3~1+sep_conv_3x3~0,sep_conv_3x3~1+skip_connect~0,sep_conv_3x3~1"
    "+skip_connect~0,dil_conv_3x3~2/reduction:max_pool_3x3~0,max_pool_3x3~1+max_pool_3x3~1,skip_connect~2"
    "+max_pool_3x3~0,skip_connect~2+max_pool_3x3~1,skip_connect~2"
)


class _DartsCells(CellSpace):
    """What both forms share: four nodes, all of which are in the cell's output."""

    ops = DARTS
    node_count = len(_NODES)
    published: Mapping[str, str] = {"darts-v1": _V1, "darts-v2": _V2}

    @cached_property
    def cells(self) -> Mapping[str, Cell]:
        """The two kinds of cells."""
        always = (fixed(1),) * len(_NODES)
        return {kind: Cell(INPUTS, len(_NODES), self._edges(kind), always) for kind in KINDS}

    def _edges(self, kind: str) -> tuple[Edge, ...]:
        raise NotImplementedError


class Darts(_DartsCells):
    """Cells of four nodes, each the sum of two operations on two earlier nodes, as DARTS derives them.

    The form for searches that evaluate architectures, and for tables: every row is one. There are seven operations
    and 180 ways to choose the inputs of a cell, and so about 1.1e18 architectures. The choices of a cell are which two
    nodes a node reads (`normal.in3`, such as `0-2`) and what it does to the first and to the second of them
    (`normal.op3.1`, `normal.op3.2`); those of a node are a layer.

    See `CellSpace` for the rest, and `DartsEdges` for the form in which operations are mixed.
    """

    name = "darts"
    title = "the DARTS space"
    layout = (
        "for the normal and then the reduction cell, for nodes 2 to 5: the pair of nodes it reads (not of node 2, "
        f"which has both inputs) and two operations ({', '.join(f'{i} {op}' for i, op in enumerate(DARTS))})"
    )

    choices = tuple(
        choice
        for kind in KINDS
        for node in _NODES
        for choice in (
            *(
                (Choice(f"{kind}.in{node}", tuple(f"{a}-{b}" for a, b in _PAIRS[node]), f"{kind}.node{node}"),)
                if node > INPUTS
                else ()
            ),
            Choice(f"{kind}.op{node}.1", DARTS, f"{kind}.node{node}"),
            Choice(f"{kind}.op{node}.2", DARTS, f"{kind}.node{node}"),
        )
    )

    def _edges(self, kind: str) -> tuple[Edge, ...]:
        names = np.array([NONE, *DARTS])
        first, second = np.indices((len(DARTS), len(DARTS))) + 1
        edges = []
        for source, node in _EDGES:
            ways = [np.where(a == source, first, np.where(b == source, second, 0)) for a, b in _PAIRS[node]]
            chosen = (f"{kind}.in{node}", f"{kind}.op{node}.1", f"{kind}.op{node}.2")
            table = names[np.stack(ways)]
            edges.append(
                Edge(source, node, Elastic(chosen, table) if node > INPUTS else Elastic(chosen[1:], table[0]))
            )
        return tuple(edges)

    def wiring(self, batch: Batch) -> Mapping[str, Wiring]:
        """Return the wirings by the kind of cell: two terms for each node."""
        picked, found = self.picked(batch), {}
        for kind in KINDS:
            sources, ops = [], []
            for node in _NODES:
                pair: Any = picked.get(f"{kind}.in{node}", np.zeros(len(batch), dtype=np.int8))
                sources.append(np.array(_PAIRS[node], dtype=np.int8)[pair])
                ops.append(np.stack([picked[f"{kind}.op{node}.{slot}"] for slot in (1, 2)], axis=1))
            target = np.repeat(_NODES, 2)
            found[kind] = Wiring(np.concatenate(sources, axis=1), np.concatenate(ops, axis=1), target, len(_NODES))
        return found

    def rows(self, cells: Mapping[str, Terms]) -> list[int]:
        """Return the row of cells; the order of a node's two terms does not matter."""
        row = []
        for kind in KINDS:
            for node, terms in zip(_NODES, cells[kind], strict=True):
                (first, one), (second, other) = sorted(terms)
                pair = _PAIRS[node].index((first, second))
                row += [pair] * (node > INPUTS) + [DARTS.index(one), DARTS.index(other)]
        return row


class DartsEdges(_DartsCells):
    """The cells of DARTS while it searches: an operation or `none` on each of the 14 edges.

    The form for searches that mix the operations of edges (DARTS, EnTranNAS, the sparse supernet), with any number of
    inputs of a node. A choice is the operation of an edge, such as `normal.op0-3`, and a layer of its own; `nodes` are
    the edges into each node. What has two inputs at every node is in `Darts` too, by the same text.

    A node into which nothing flows is zero and stays in the cell's output; a cell in which nothing flows from the
    inputs to any node is no cell.
    """

    name = "darts-edges"
    title = "the DARTS space of edges"
    layout = (
        "for the normal and then the reduction cell the operations of the edges "
        f"{', '.join(f'{source}-{node}' for source, node in _EDGES)} "
        f"({', '.join(f'{i} {op}' for i, op in enumerate((NONE, *DARTS)))})"
    )

    choices = tuple(Choice(f"{kind}.op{source}-{node}", (NONE, *DARTS)) for kind in KINDS for source, node in _EDGES)

    @cached_property
    def nodes(self) -> Mapping[str, tuple[Choice, ...]]:
        """The edges into each node."""
        edges = [(f"{kind}.node{node}") for kind in KINDS for _, node in _EDGES]
        return {
            name: tuple(choice for choice, into in zip(self.choices, edges, strict=True) if into == name)
            for name in dict.fromkeys(edges)
        }

    def strongest(self, weights: Mapping[str, ArrayLike]) -> Batch:
        """Return the architecture with the two strongest inputs of each node, each by its strongest operation.

        As DARTS derives its cells: an edge is as strong as the strongest operation on it, and `none` does not count.
        """
        best = {choice.name: np.asarray(weights[choice.name])[1:] for choice in self.choices}
        picked = dict.fromkeys(best, 0)
        for edges in self.nodes.values():
            for choice in sorted(edges, key=lambda choice: -best[choice.name].max())[:2]:
                picked[choice.name] = 1 + int(best[choice.name].argmax())
        return np.array([[picked[choice.name] for choice in self.choices]], dtype=np.int8)

    def is_valid(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n,)` whether something flows through both cells of each row."""
        valid = super().is_valid(batch)
        valid[valid] = np.all([cell.reached() for cell in self.wiring(batch[valid]).values()], axis=0)
        return valid

    def validate(self, batch: ArrayLike) -> Batch:
        """Return `batch` as `(n, d)` int8 if something flows through both cells of every row.

        Raises:
            InvalidArchitecture: it does not; the message names the first row at fault.
        """
        rows = self.as_batch(batch)
        for kind, cell in self.wiring(rows).items():
            reached = cell.reached()
            if not reached.all():
                raise InvalidArchitecture(
                    f"row {int(np.argmin(reached))} of the batch is not in {self.name}: nothing flows from the inputs "
                    f"of its {kind} cell to any node."
                )
        return rows

    def _edges(self, kind: str) -> tuple[Edge, ...]:
        own = {choice.name: choice for choice in self.choices}
        return tuple(Edge(source, node, Elastic.of(own[f"{kind}.op{source}-{node}"])) for source, node in _EDGES)

    def wiring(self, batch: Batch) -> Mapping[str, Wiring]:
        """Return the wirings by the kind of cell: a term for each edge."""
        source, target = np.array(_EDGES).T
        sources = np.broadcast_to(source.astype(np.int8), (len(batch), len(_EDGES)))
        parts = np.split(batch - np.int8(1), len(KINDS), axis=1)
        return {kind: Wiring(sources, part, target, len(_NODES)) for kind, part in zip(KINDS, parts, strict=True)}

    def rows(self, cells: Mapping[str, Terms]) -> list[int]:
        """Return the row of cells; an edge has one operation at most."""
        row = []
        for kind in KINDS:
            for node, terms in zip(_NODES, cells[kind], strict=True):
                ops: list[int] = [0] * node
                for source, op in terms:
                    if not 0 <= source < node or ops[source]:
                        raise ValueError(source)
                    ops[source] = 1 + DARTS.index(op)
                row += ops
        return row
