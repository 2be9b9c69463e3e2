"""The graphs behind NAS-Bench-101's rows: `(n, 7, 7)` adjacency matrices and `(n, 5)` operations."""

import hashlib
from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import Batch
from ..cost import Cost, conv_bn

OPS: Final = ("absent", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3")
MAX_EDGES: Final = 9
VERTICES: Final = 7
INNER: Final = VERTICES - 2
EDGES: Final = tuple((i, j) for i in range(VERTICES) for j in range(i + 1, VERTICES))
SOURCE, TARGET = np.array(EDGES).T
"""The two vertices of each edge, in the order of a row's bits."""

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]
Graphs = tuple[Bools, Batch]  # (n, 7, 7) adjacency matrices and (n, 5) operations


def graphs(batch: Batch) -> Graphs:
    """Return the adjacency matrices and the operations of rows."""
    matrix = np.zeros((len(batch), VERTICES, VERTICES), dtype=bool)
    matrix[:, SOURCE, TARGET] = batch[:, : len(EDGES)] != 0
    return matrix, batch[:, len(EDGES) :].copy()


def rows(matrix: Bools, ops: Batch) -> Batch:
    """Return the rows of adjacency matrices and operations."""
    return np.concatenate([matrix[:, SOURCE, TARGET], ops], axis=1, dtype=np.int8)


def present(ops: Batch) -> Bools:
    """Return `(n, 7)` which vertices are not absent."""
    present = np.ones((len(ops), VERTICES), dtype=bool)
    present[:, 1:-1] = ops > 0
    return present


def alive(matrix: Bools) -> Bools:
    """Return `(n, 7)` whether each vertex lies on a path from input to output."""
    forward = np.zeros(matrix.shape[:2], dtype=bool)
    backward = np.zeros(matrix.shape[:2], dtype=bool)
    forward[:, 0] = backward[:, -1] = True
    for i, j in sorted(EDGES, key=lambda edge: edge[1]):
        forward[:, j] |= forward[:, i] & matrix[:, i, j]
    for i, j in sorted(EDGES, reverse=True):
        backward[:, i] |= backward[:, j] & matrix[:, i, j]
    return forward & backward


def well_formed(batch: Batch) -> Bools:
    """Return `(n,)` whether each row has its vertices first, edges between vertices only, and a small enough cell.

    Column by column, which is many times as fast as matrix by matrix.
    """
    columns = np.ascontiguousarray(batch.T)
    always = np.ones(len(batch), dtype=bool)
    there = [always, *(columns[len(EDGES) :] > 0), always]
    edges = dict(zip(EDGES, columns[: len(EDGES)] != 0, strict=True))
    forward, backward = ([~always for _ in range(VERTICES)] for _ in range(2))
    forward[0] = backward[-1] = valid = always
    for i, j in sorted(EDGES, key=lambda edge: edge[1]):
        forward[j] = forward[j] | (forward[i] & edges[i, j])
        valid = valid & ~(edges[i, j] & ~(there[i] & there[j]))
    for i, j in sorted(EDGES, reverse=True):
        backward[i] = backward[i] | (backward[j] & edges[i, j])
    for vertex in range(1, INNER):
        valid = valid & (there[vertex] | ~there[vertex + 1])
    lives = [one & other for one, other in zip(forward, backward, strict=True)]
    alive = np.stack([edges[i, j] & lives[i] & lives[j] for i, j in EDGES])
    small: Bools = alive.sum(axis=0) <= MAX_EDGES
    return valid & lives[0] & small


def permute(matrix: Bools, ops: Batch, order: NDArray[np.intp]) -> Graphs:
    """Return graphs whose vertex k is vertex `order[:, k]` of the given ones."""
    at = np.arange(len(matrix))
    kinds = np.zeros((len(matrix), VERTICES), dtype=np.int8)
    kinds[:, 1:-1] = ops
    moved = matrix[at[:, None, None], order[:, :, None], order[:, None, :]]
    return moved, np.take_along_axis(kinds, order, axis=1)[:, 1:-1]


def insert(matrix: Bools, ops: Batch, position: Counts, before: Counts, after: Counts, op: Counts) -> Graphs:
    """Insert a vertex of operation `op` at `position` of each canonical cell, with one edge in and one out.

    `before` and `after` number the vertices present after the insertion, the output last; all four are `(n,)`.
    """
    at, inner, slot = np.arange(len(ops)), (ops > 0).sum(1), np.arange(VERTICES)[None]
    new, behind = position[:, None], inner[:, None] + 1
    order = np.where(slot == new, behind, slot - ((slot > new) & (slot <= behind)))
    grown, kinds = permute(matrix, ops, order)
    kinds[at, position - 1] = op
    grown[at, before, position] = True
    grown[at, position, np.where(after == inner + 2, VERTICES - 1, after)] = True
    return grown, kinds


def routes() -> list[tuple[int, ...]]:
    """Every increasing sequence of vertices from the input to the output."""
    inner = range(1, VERTICES - 1)
    return [(0, *(v for v in inner if chosen >> (v - 1) & 1), VERTICES - 1) for chosen in range(2**INNER)]


def graph_hash(matrix: Bools, labels: list[int]) -> str:
    """The official hash: rounds of MD5 over each vertex, its sources and its targets."""

    def digest(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    sources: dict[int, list[int]] = defaultdict(list)
    targets: dict[int, list[int]] = defaultdict(list)
    for i, j in np.argwhere(matrix).tolist():
        targets[i].append(j)
        sources[j].append(i)
    state = [digest(str((len(targets[v]), len(sources[v]), label))) for v, label in enumerate(labels)]
    for _ in labels:
        state = [
            digest(
                "".join(sorted(state[w] for w in sources[v]))
                + "|"
                + "".join(sorted(state[w] for w in targets[v]))
                + "|"
                + state[v]
            )
            for v in range(len(labels))
        ]
    return digest(str(sorted(state)))


def cell_cost(matrix: Bools, ops: Batch, c_in: int, c_out: int, side: int) -> Cost:
    """Cost of one cell: inner vertices share `c_out` channels, edges from the input are 1x1 projections."""
    n = len(matrix)
    output = VERTICES - 1
    to_output = matrix[:, 1:output, output]
    fan_in = np.maximum(to_output.sum(1), 1)
    share, extra = c_out // fan_in, c_out % fan_in
    width = np.zeros((n, VERTICES), dtype=np.int64)
    width[:, 1:output] = to_output * (share[:, None] + (np.cumsum(to_output, axis=1) <= extra[:, None]))
    for v in range(output - 1, 0, -1):  # a vertex that does not feed the output is as wide as its widest target
        widest = np.max(matrix[:, v, 1:output] * width[:, 1:output], axis=1)
        width[:, v] = np.where(matrix[:, v, output], width[:, v], widest)
    width[:, output] = c_out
    zero = np.zeros(n, dtype=np.int64)
    total = Cost(zero, zero)
    for v in range(1, VERTICES):
        total += conv_bn(c_in, width[:, v], 1, side) * matrix[:, 0, v]
    for v in range(1, output):
        total += conv_bn(width[:, v], width[:, v], 1, side) * (ops[:, v - 1] == 1)
        total += conv_bn(width[:, v], width[:, v], 3, side) * (ops[:, v - 1] == 2)
    return total
