"""Constraints on what an architecture costs, in words: `macs <= 600e6 and latency_ms_pixel3 <= 10`."""

import operator
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidOption

__all__ = ["Condition", "parse"]

_OPERATORS: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(r"\s*([A-Za-z]\w*)\s*(<=|>=|<|>)\s*([-+.\deE]+)\s*")


class Condition(NamedTuple):
    """A bound on one number of an architecture."""

    name: str
    relation: str
    bound: float

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return `(n,)` whether each value satisfies it; an unknown one (NaN) does not."""
        return _OPERATORS[self.relation](values, self.bound)


def parse(text: str) -> list[Condition]:
    """Read conditions joined by `and`.

    Raises:
        InvalidOption: the text is no such thing.
    """
    conditions = []
    for part in re.split(r"\band\b|,", text):
        found = _CONDITION.fullmatch(part)
        try:
            conditions.append(Condition(found[1], found[2], float(found[3])) if found else None)
        except ValueError:
            conditions.append(None)
    if None in conditions:
        raise InvalidOption(f"{text!r} is no constraint; write NAME <= NUMBER, several joined by 'and'.")
    return [condition for condition in conditions if condition is not None]
