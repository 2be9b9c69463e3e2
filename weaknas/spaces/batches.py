"""What is a batch and what is not: checks of the rows that come from outside."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidArchitecture, InvalidOption
from .arrays import Batch

__all__ = ["MOST_OPTIONS", "as_batch", "limits", "within"]

MOST_OPTIONS = 127
"""Options that a choice can have: a row is of int8."""


def limits(options: NDArray[np.int64], name: str) -> NDArray[np.uint8]:
    """Return the numbers of options as bytes.

    Raises:
        InvalidOption: a choice has none, or more than fit in a row.
    """
    wrong = np.flatnonzero((options < 1) | (options > MOST_OPTIONS))
    if len(wrong):
        raise InvalidOption(
            f"choice {wrong[0]} of {name} has {options[wrong[0]]} options; a choice has 1 to {MOST_OPTIONS}."
        )
    return options.astype(np.uint8)


def within(rows: NDArray[np.integer], limits: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return `(n,)` whether every value of a row is one of its options."""
    valid: NDArray[np.bool_] = np.all(_inside(rows, limits), axis=1)
    return valid


def _inside(rows: NDArray[np.integer], limits: NDArray[np.uint8]) -> NDArray[np.bool_]:
    bytes_alike = rows.view(np.uint8) if rows.dtype == np.int8 else rows  # a negative byte reads as 128 or more
    inside: NDArray[np.bool_] = np.logical_and(bytes_alike >= 0, bytes_alike < limits)
    return inside


def as_batch(given: ArrayLike, limits: NDArray[np.uint8], name: str, layout: str) -> Batch:
    """Return rows as `(n, d)` int8 with every value within its options.

    Args:
        given: the rows.
        limits: `(d,)` the number of options of each choice.
        name: of the space, for messages.
        layout: what a row of it holds, in words, for messages.

    Raises:
        InvalidArchitecture: a wrong shape or type, or a value outside its options.
    """
    try:
        rows = np.asarray(given)
    except (ValueError, OverflowError):  # a list of lists of different lengths, or a number of no type
        rows = np.empty(0, dtype=object)
    if rows.ndim != 2 or rows.shape[1] != len(limits):
        raise InvalidArchitecture(
            f"a batch of {name} is an (n, {len(limits)}) integer array, not one of shape {rows.shape}; a single "
            f"architecture is a batch of one row, and a row holds {layout}."
        )
    if rows.dtype.kind not in "iub":
        raise InvalidArchitecture(f"a batch of {name} holds integers, not {rows.dtype}; a row holds {layout}.")
    inside = _inside(rows, limits)
    if not inside.all():
        row, column = np.argwhere(~inside)[0]
        raise InvalidArchitecture(
            f"row {row} of the batch is not in {name}: choice {column} has {limits[column]} options, numbered from 0, "
            f"and the row says {rows[row, column]}; a row holds {layout}."
        )
    return rows.astype(np.int8, copy=False)
