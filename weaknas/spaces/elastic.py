"""Elastic numbers: widths, kernels, sides that follow from choices.

Cost, masks and layers of a network all come from the same elastic numbers, read in two ways: `at` an architecture,
or as a `distribution` when each choice has weights instead of a value (the effective shapes of FBNetV2, Wan et al.,
CVPR 2020). With one-hot weights both say the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidOption
from .choice import Choice
from .cost import Cost

__all__ = ["Elastic", "Price", "divisible", "fixed", "lift", "priced"]

Picked = Mapping[str, Any]
"""The option of each choice, by the choice's name: a whole number, or an `(n,)` array of them."""

Weights = Mapping[Any, Any]
"""The weights of the options, in numpy or torch: one-dimensional by the name of a choice, or with an axis a choice by
a tuple of names where these are chosen together."""


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
        """Return the weight of each value in `distinct`: its probability, differentiable in the weights."""
        return self._contract("distribution", lambda: self.values[..., None] == self.distinct, weights)

    def mean(self, weights: Weights) -> Any:
        """Return the expectation; differentiable in the weights."""
        return self._contract("mean", lambda: self.values[..., None], weights)[0]

    def _contract(self, what: str, make: Callable[[], NDArray[Any]], weights: Weights) -> Any:
        """Sum a table over the axes of the choices, those chosen together at once, one after the other."""
        order, parts = self._parts(weights)
        axes = [self.choices.index(choice) for choice in order]
        name = f"{what} over {', '.join(order)}"
        result = self.table(name, parts[0] if parts else np.zeros(0), lambda: make().transpose(*axes, -1))
        for weight in parts:
            result = weight @ result.reshape(len(weight), -1)
        return result.reshape(-1)

    def _parts(self, weights: Weights) -> tuple[tuple[str, ...], list[Any]]:
        """Return its choices, those chosen together side by side, and the weights of each part, flattened."""
        order: tuple[str, ...] = ()
        parts = []
        for choice in self.choices:
            if choice in order:
                continue
            if choice in weights:
                names, weight = (choice,), weights[choice]
            else:
                names = next((names for names in weights if isinstance(names, tuple) and choice in names), (choice,))
                others = tuple(axis for axis, name in enumerate(names) if name not in self.choices)
                weight = (weights[names].sum(others) if others else weights[names]).reshape(-1)
            order += tuple(name for name in names if name in self.choices)
            parts.append(weight)
        return order, parts

    def table(self, what: str, like: Any, make: Callable[[], NDArray[Any]]) -> Any:
        """Return a table that follows from the number alone, as an array of the library, type and device of `like`.

        A tensor is made once and kept as long as the number is: to copy it to a GPU in every step is to wait for it.

        Args:
            what: its name.
            like: an array of numpy, or a tensor of torch.
            make: gives the table.
        """
        if isinstance(like, np.ndarray):
            return make().astype(np.float64)
        kept, key = _TABLES.setdefault(self, {}), (what, like.device, like.dtype)
        if key not in kept:
            made = like.new_tensor(make().astype(np.float64))
            if made.is_inference():  # of no use outside of torch.inference_mode
                return made
            kept[key] = made
        return kept[key]


_TABLES: WeakKeyDictionary[Elastic, dict[Any, Any]] = WeakKeyDictionary()


class Price(NamedTuple):
    """Elastic parameters and multiply-accumulates of a part of a network."""

    params: Elastic
    macs: Elastic

    def at(self, picked: Picked) -> Cost:
        """Return the cost for the options picked."""
        return Cost(self.params.at(picked), self.macs.at(picked))

    def mean(self, weights: Weights) -> Cost:
        """Return the expectation; differentiable in the weights."""
        return Cost(self.params.mean(weights), self.macs.mean(weights))


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


def priced(cost: Callable[..., Cost], *parts: Elastic) -> Price:
    """Return the elastic price that a function of plain numbers makes of elastic ones."""
    return Price(lift(lambda *v: cost(*v).params, *parts), lift(lambda *v: cost(*v).macs, *parts))
