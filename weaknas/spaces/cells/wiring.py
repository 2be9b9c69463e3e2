"""How cells are wired: operations between nodes, which of them are isomorphic, and their graphs."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Keys, mix64
from ..diagram import Arrow, Diagram, Vertex
from ..graphs import Graphs

__all__ = ["INPUTS", "Wiring", "as_diagram", "as_graphs", "keys"]

INPUTS = 2
"""Nodes 0 and 1 of a cell are the outputs of the two cells before it."""

_ABSENT = -1
_ROWS = 2_000_000  # numbers worked on at once


class Wiring(NamedTuple):
    """The cells of a batch: each term of a node's sum is an operation on another node.

    Attributes:
        source: `(n, s)` the node that each operation reads.
        op: `(n, s)` which operation it is; -1 where there is none.
        target: `(s,)` the node that each operation adds to, in order.
        nodes: how many nodes there are besides the inputs.
    """

    source: NDArray[np.int8]
    op: NDArray[np.int8]
    target: NDArray[np.int64]
    nodes: int

    def used(self) -> NDArray[np.bool_]:
        """Return `(n, nodes)` whether each node is read by another one."""
        reads = np.where(self.op == _ABSENT, _ABSENT, self.source)
        return np.stack([(reads == INPUTS + node).any(1) for node in range(self.nodes)], axis=1)

    def ends(self, loose: bool) -> NDArray[np.bool_]:
        """Return `(n, nodes)` whether each node is in the output: if `loose` those that no other reads, else all."""
        return ~self.used() if loose else np.ones((len(self.op), self.nodes), dtype=bool)

    def reached(self) -> NDArray[np.bool_]:
        """Return `(n,)` whether anything flows from the inputs into some node."""
        flows: NDArray[np.bool_] = np.zeros((len(self.op), INPUTS + self.nodes), dtype=bool)
        flows[:, :INPUTS] = True
        for slot, target in enumerate(self.target.tolist()):
            reads = np.take_along_axis(flows, self.source[:, slot, None].astype(np.intp), axis=1)[:, 0]
            np.logical_or(flows[:, target], reads & (self.op[:, slot] != _ABSENT), out=flows[:, target])
        return np.asarray(flows[:, INPUTS:].any(1))


def keys(wiring: Wiring, ops: int) -> Keys:
    """Return `(n,)` hashes that cells share which differ in the order of nodes, or of a node's terms, alone.

    Of all orders of the nodes in which each reads earlier ones, the least hash stands for the cell.
    """
    orders = _orders(wiring.nodes)
    size = max(1, _ROWS // (len(orders) * len(wiring.target)))
    found = np.empty(len(wiring.op), dtype=np.uint64)
    for start in range(0, len(found), size):
        part = slice(start, start + size)
        found[part] = _least(wiring._replace(source=wiring.source[part], op=wiring.op[part]), ops, orders)
    return found


@cache
def _orders(nodes: int) -> NDArray[np.int64]:
    """Return `(p, 2 + nodes)` the new number of each node, in every order."""
    return np.array([[0, 1, *(INPUTS + place for place in order)] for order in permutations(range(nodes))])


def _least(wiring: Wiring, ops: int, orders: NDArray[np.int64]) -> Keys:
    there = wiring.op[:, None] != _ABSENT
    source = orders[:, wiring.source].transpose(1, 0, 2)  # (n, p, s) in each order
    target = np.broadcast_to(orders[:, wiring.target], source.shape)
    valid = (~there | (source < target)).all(2)
    # A sum of hashes of terms does not depend on their order; two terms that are alike count twice.
    term = ((target * (INPUTS + wiring.nodes) + source) * ops + wiring.op[:, None] + 1).astype(np.uint64)
    total = (mix64(term) * there).sum(2, dtype=np.uint64)
    least: Keys = np.where(valid, mix64(total), np.iinfo(np.uint64).max).min(1)
    return least


def as_graphs(cells: Mapping[str, Wiring], ops: int, *, loose: bool) -> Graphs:
    """Return all cells of each architecture as one graph, in which operations are vertices.

    Vertices are an input, for each cell its two inputs and its operations in the order of the nodes they add to, and
    an output; kinds are input, output, the two inputs of each cell, and the operations of each cell.

    Args:
        cells: the wirings by the kind of cell.
        ops: how many operations there are.
        loose: whether only nodes that no other reads lead to the output.
    """
    n = len(next(iter(cells.values())).op)
    vertices = 2 + sum(INPUTS + len(cell.target) for cell in cells.values())
    adjacency = np.zeros((n, vertices, vertices), dtype=np.float32)
    kinds = np.zeros((n, vertices, 2 + len(cells) * (INPUTS + ops)), dtype=np.float32)
    kinds[:, 0, 0] = kinds[:, -1, 1] = 1
    first = 1
    for number, cell in enumerate(cells.values()):
        kind, begin, at = 2 + number * (INPUTS + ops), first + INPUTS, np.arange(n)
        for node in range(INPUTS):
            adjacency[:, 0, first + node] = 1
            kinds[:, first + node, kind + node] = 1
        ends = cell.ends(loose)
        for slot, target in enumerate(cell.target.tolist()):
            there = cell.op[:, slot] != _ABSENT
            vertex = begin + slot
            kinds[at[there], vertex, kind + INPUTS + cell.op[there, slot]] = 1
            for node in range(INPUTS):
                adjacency[:, first + node, vertex] = there & (cell.source[:, slot] == node)
            for other in np.flatnonzero(cell.target < target).tolist():
                reads = there & (cell.op[:, other] != _ABSENT) & (cell.source[:, slot] == cell.target[other])
                adjacency[:, begin + other, vertex] = reads
            adjacency[:, vertex, -1] = there & ends[:, target - INPUTS]
        first = begin + len(cell.target)
    return Graphs(adjacency, kinds).pruned()


def as_diagram(title: str, cell: Wiring, ops: Sequence[str], *, loose: bool) -> Diagram:
    """Return the cell of a batch of one, as it is drawn; nodes have the numbers that texts give them.

    Args:
        title: of the cell.
        cell: its wiring.
        ops: the names of the operations.
        loose: as of `as_graphs`.
    """
    nodes = (Vertex(str(INPUTS + node), "node") for node in range(cell.nodes))
    vertices = (Vertex("c_{k-2}", "input"), Vertex("c_{k-1}", "input"), *nodes, Vertex("c_{k}", "output"))
    terms = zip(cell.source[0].tolist(), cell.target.tolist(), cell.op[0].tolist(), strict=True)
    arrows = [Arrow(source, target, ops[op]) for source, target, op in terms if op != _ABSENT]
    arrows += [Arrow(INPUTS + node, len(vertices) - 1) for node in np.flatnonzero(cell.ends(loose)[0]).tolist()]
    return Diagram(title, vertices, tuple(arrows))
