"""Features of cells for predictors, of how they are wired."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from .wiring import INPUTS, Wiring

__all__ = ["adjacency", "counts"]


def adjacency(cells: Mapping[str, Wiring], ops: int) -> Floats:
    """Return `(n, f)`: how often each node has each operation on each earlier one, once or twice.

    Args:
        cells: the wirings by the kind of cell.
        ops: how many operations there are.
    """
    parts = []
    for cell in cells.values():
        n = len(cell.op)
        found = np.zeros((n, cell.nodes, INPUTS + cell.nodes, ops), dtype=np.float32)
        at = np.arange(n)
        for slot, target in enumerate(cell.target.tolist()):
            there = cell.op[:, slot] >= 0
            found[at[there], target - INPUTS, cell.source[there, slot], cell.op[there, slot]] += 1
        parts += [found[:, node, : INPUTS + node].reshape(n, -1) for node in range(cell.nodes)]
    return np.concatenate(parts, axis=1)


def counts(cells: Mapping[str, Wiring], ops: int) -> Floats:
    """Return `(n, f)`: for each cell operations of each kind, of those on inputs too, nodes not read, and the depth.

    Args:
        cells: the wirings by the kind of cell.
        ops: how many operations there are.
    """
    columns: list[NDArray[Any]] = []
    for cell in cells.values():
        is_op = cell.op[:, :, None] == np.arange(ops)
        columns += [is_op.sum(1), (is_op & (cell.source < INPUTS)[:, :, None]).sum(1)]
        columns += [(~cell.used()).sum(1)[:, None], _depth(cell)[:, None]]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _depth(cell: Wiring) -> NDArray[np.int64]:
    """Return `(n,)` the length of the longest path through a cell, in operations."""
    longest = np.zeros((len(cell.op), INPUTS + cell.nodes), dtype=np.int64)
    at = np.arange(len(cell.op))
    for slot, target in enumerate(cell.target.tolist()):
        through = longest[at, cell.source[:, slot]] + 1
        longest[:, target] = np.where(
            cell.op[:, slot] >= 0, np.maximum(longest[:, target], through), longest[:, target]
        )
    deepest: NDArray[np.int64] = longest.max(1)
    return deepest
