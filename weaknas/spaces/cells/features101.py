"""Features of NAS-Bench-101's cells, of their canonical adjacency matrices and operations."""

from itertools import pairwise

import numpy as np

from ..arrays import Batch, Floats
from ..cost import Cost
from .cells101 import EDGES, INNER, OPS, VERTICES, Bools, routes

__all__ = ["adjacency", "counts", "paths"]


def adjacency(matrix: Bools, ops: Batch) -> Floats:
    """Return `(n, 45)`: for column c = 1..6 the bits of its c edges, then its kind (three operations, output)."""
    at, inner = np.arange(len(ops)), (ops > 0).sum(1)
    kinds = np.zeros((len(ops), VERTICES), dtype=np.int8)
    kinds[:, 1:-1] = ops
    moved = matrix.copy()
    moved[:, :, -1] = False
    moved[at, :, inner + 1] = matrix[:, :, -1]
    kinds[at, inner + 1] = 4
    blocks = []
    for column in range(1, VERTICES):
        blocks += [moved[:, :column, column], kinds[:, column, None] == np.arange(1, 5)]
    return np.concatenate(blocks, axis=1).astype(np.float32)


def paths(matrix: Bools, ops: Batch) -> Floats:
    """Return `(n, 364)` which operation sequences lead from input to output (White et al., BANANAS, AAAI 2021)."""
    starts = np.cumsum([0] + [3**length for length in range(INNER + 1)])
    features = np.zeros((len(ops), starts[-1]), dtype=np.float32)
    for route in routes():
        present = np.logical_and.reduce([matrix[:, i, j] for i, j in pairwise(route)])
        inner = route[1:-1]
        digits = 3 ** np.arange(len(inner), dtype=np.int64)[::-1]
        sequence = (ops[present][:, [v - 1 for v in inner]].astype(np.int64) - 1) @ digits
        features[np.flatnonzero(present), starts[len(inner)] + sequence] = 1
    return features


def counts(matrix: Bools, ops: Batch, cost: Cost) -> Floats:
    """Return `(n, 10)`.

    Operations of each kind (3), vertices, edges, longest and shortest path, paths, log parameters, log MACs.
    """
    longest = np.zeros((len(ops), VERTICES))
    shortest = np.full((len(ops), VERTICES), float(VERTICES))
    shortest[:, 0] = 0
    ways = np.zeros((len(ops), VERTICES))
    ways[:, 0] = 1
    for i, j in sorted(EDGES, key=lambda edge: edge[1]):
        bit = matrix[:, i, j]
        longest[:, j] = np.where(bit, np.maximum(longest[:, j], longest[:, i] + 1), longest[:, j])
        shortest[:, j] = np.where(bit, np.minimum(shortest[:, j], shortest[:, i] + 1), shortest[:, j])
        ways[:, j] += bit * ways[:, i]
    columns = [(ops == kind).sum(1) for kind in range(1, len(OPS))]
    columns += [(ops > 0).sum(1), matrix.sum((1, 2)), longest[:, -1], shortest[:, -1], ways[:, -1]]
    columns += [np.log(cost.params), np.log(cost.macs)]
    return np.stack(columns, axis=1).astype(np.float32)
