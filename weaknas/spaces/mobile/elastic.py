"""Elastic numbers: widths, kernels, sides that follow from choices.

Cost, masks and layers of a network all come from the same elastic numbers, read in two ways: `at` an architecture,
or as a `distribution` when each choice has weights instead of a value (the effective shapes of FBNetV2, Wan et al.,
CVPR 2020). With one-hot weights both say the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidOption
from ..choice import Choice

__all__ = ["Elastic", "divisible", "fixed", "lift"]

Picked = Mapping[str, Any]
"""The option of each choice, by the choice's name: a whole number, or an `(n,)` array of them."""

Weights = Mapping[str, Any]
"""The weights of each choice's options, by the choice's name: one-dimensional, of numpy or torch."""


@dataclass(frozen=True, eq=False)
class Elastic:
    """A number for each combination of some choices.

    Attributes:
        choices: names of the choices it follows from, none for a constant.
        values: one axis a choice, one entry an option.
    """

    choices: tuple[str, ...]
    values: NDArray[Any]

    @classmethod
    def of(cls, choice: Choice, values: Any = None) -> "Elastic":
        """Return the number that follows from a choice: one of `values` for each option, the options by default."""
        return cls((choice.name,), np.array(choice.options if values is None else values))

    def at(self, picked: Picked) -> Any:
        """Return the number for the options picked, `(n,)` numbers for arrays of them."""
        return self.values[tuple([picked[choice] for choice in self.choices])]

    @cached_property
    def distinct(self) -> NDArray[Any]:
        """The different values, in order."""
        return np.unique(self.values)

    @cached_property
    def largest(self) -> int:
        """The largest value."""
        return int(self.distinct[-1])

    def distribution(self, weights: Weights) -> Any:
        """Return the weight of each value in `distinct`: its probability where the choices are independent."""
        return self._contract(self.values[..., None] == self.distinct, weights)

    def mean(self, weights: Weights) -> Any:
        """Return the expectation where the choices are independent; differentiable in the weights."""
        return self._contract(self.values[..., None], weights)[0]

    def _contract(self, table: NDArray[Any], weights: Weights) -> Any:
        """Sum the table over the axes of the choices, one after the other."""
        result: Any = table.astype(np.float64)
        for choice in self.choices:
            weight = weights[choice]
            if isinstance(result, np.ndarray) and not isinstance(weight, np.ndarray):
                result = weight.new_tensor(result)
            result = weight @ result.reshape(len(weight), -1)
        return result.reshape(-1)


def fixed(value: Any) -> Elastic:
    """Return a number that follows from no choice."""
    return Elastic((), np.array(value))


def lift(function: Callable[..., Any], *parts: Elastic) -> Elastic:
    """Return the number that a vectorised `function` makes of others, for all combinations of their choices.

    Raises:
        InvalidOption: there are more than ten million combinations.
    """
    choices = tuple(dict.fromkeys(choice for part in parts for choice in part.choices))
    options = {choice: size for part in parts for choice, size in zip(part.choices, part.values.shape, strict=True)}
    if prod(options.values()) > 10_000_000:
        raise InvalidOption(f"too many options meet in one layer ({', '.join(choices)}); take fewer of some.")
    result = np.asarray(function(*(_spread(part, choices) for part in parts)))
    return Elastic(choices, np.broadcast_to(result, [options[choice] for choice in choices]))


def _spread(part: Elastic, choices: tuple[str, ...]) -> NDArray[Any]:
    """Return the values with their axes in the order of `choices`, of length 1 where the part does not have one."""
    order = [part.choices.index(choice) for choice in choices if choice in part.choices]
    shape = [part.values.shape[part.choices.index(choice)] if choice in part.choices else 1 for choice in choices]
    return part.values.transpose(order).reshape(shape)


def divisible(value: Any, keep: float = 0.9, divisor: int = 8) -> Any:
    """Return the multiple of `divisor` nearest to each value, at least one and at least `keep` of the value."""
    nearest = np.maximum(divisor, np.floor((value + divisor / 2) / divisor) * divisor)
    return (nearest + divisor * (nearest < keep * value)).astype(np.int64)
