"""The arrays that spaces take and return, and what can be done with them without a space."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "Batch", "Floats", "Index", "Keys", "Numbers", "blocks", "hash_columns", "mix64", "unique_rows"]

Batch = NDArray[np.int8]  # (n, d), one architecture a row
Floats = NDArray[np.float32]  # (n, f)
Numbers = NDArray[np.float64]  # (n,)
Keys = NDArray[np.uint64]  # (n,)
Index = NDArray[np.intp]  # (n,)

BLOCK = 32_768
"""Whole spaces are worked on in blocks of this many rows, always the same ones."""


def blocks(rows: Batch) -> Iterator[Batch]:
    """Cut rows into the fixed blocks."""
    return (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))


def mix64(x: Keys) -> Keys:
    """Scramble 64-bit numbers (the finalizer of SplitMix64, Steele et al., OOPSLA 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def hash_columns(batch: Batch) -> Keys:
    """Return a 64-bit hash of each row."""
    state = np.zeros(len(batch), dtype=np.uint64)
    for column in batch.T:
        state = mix64(state * np.uint64(31) + column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    return state


def unique_rows(batch: Batch, keys: NDArray[np.integer]) -> Batch:
    """Return the first row of each key, in their order."""
    _, first = np.unique(keys, return_index=True)
    kept: Batch = batch[np.sort(first)]
    return kept
