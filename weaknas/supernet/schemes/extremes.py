"""The cheapest and the dearest architecture of a space."""

from typing import Any, Literal

import numpy as np

from ...spaces import Batch, NetworkSpace

__all__ = ["extremes", "option_at"]


def extremes(space: NetworkSpace, cost: Literal["macs", "params"] = "macs") -> Batch:
    """Return `(2, d)` the architectures of the fewest and of the most multiply-accumulates, or parameters.

    From the smallest or largest option everywhere, or a random architecture if that is none, one choice after the
    other takes its cheapest or dearest option, until none changes.
    """
    return np.concatenate([_extreme(space, cost, sign) for sign in (-1, 1)])


def _extreme(space: NetworkSpace, cost: str, sign: int) -> Batch:
    row = np.array([[option_at(choice.options, sign) for choice in space.choices]], dtype=np.int8)
    if not space.is_valid(row).all():
        row = space.sample(1, np.random.default_rng(0))
    while True:
        before = row.copy()
        for column, options in enumerate(space.options.tolist()):
            rows = np.repeat(row, options, axis=0)
            rows[:, column] = np.arange(options)
            rows = rows[space.is_valid(rows)]
            costs = sign * getattr(space.cost(rows), cost)
            if costs.max() > costs[rows[:, column] == row[0, column]]:
                row = rows[[int(costs.argmax())]]
        if (row == before).all():
            canonical: Batch = space.canonical(row)
            return canonical


def option_at(options: tuple[Any, ...], sign: int) -> int:
    """Return the number of the smallest (`sign` -1) or largest (1) option; 0 where they are no numbers."""
    if not all(isinstance(option, int | float) for option in options):
        return 0
    return max(range(len(options)), key=lambda i: sign * options[i])
