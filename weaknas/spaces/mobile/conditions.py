"""Which choices of a network have a meaning, and how many different networks that leaves."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..choice import Choice
from ..elastic import Elastic, fixed, lift
from .layers import MobileNetwork

__all__ = ["conditions", "number_of_networks"]


def conditions(network: MobileNetwork, choices: Iterable[Choice]) -> dict[str, Elastic]:
    """Return when each choice has a meaning: by its name, a truth value that follows from other choices."""
    everywhere = [network.resolution, network.stem.c_out, network.pooled, network.features]
    found: dict[str, list[Elastic]] = {choice.name: [] for choice in choices}
    for elastic in everywhere:
        for choice in elastic.choices:
            found[choice].append(fixed(True))
    for block in network.blocks:
        for choice in block.chosen.choices:
            found[choice].append(_decides(block.chosen, choice))
        for index, layer in enumerate(block.candidates):
            stands = lift(np.equal, block.chosen, fixed(index))
            for choice in {choice for number in layer.numbers for choice in number.choices}:
                found[choice].append(fixed(True) if stands.values.all() else stands)
    # A depth with a single option decides nothing.
    return {name: _needed(reduce(_either, ways)) if ways else fixed(False) for name, ways in found.items()}


def number_of_networks(choices: Sequence[Choice], matters: Mapping[str, Elastic]) -> int:
    """Return in how many ways the choices that have a meaning can be made.

    Args:
        choices: all of them.
        matters: when each of them has a meaning; see `conditions`.
    """
    total, conditional = 1, []
    for choice in choices:
        condition, options = matters[choice.name], fixed(len(choice.options))
        if condition.choices:
            conditional.append(lift(lambda meant, n: np.where(meant, n, 1), condition, options))
    governed = {name for elastic in conditional for name in elastic.choices}
    for choice in choices:
        condition = matters[choice.name]
        if not condition.choices and condition.values and choice.name not in governed:
            total *= len(choice.options)
    for part in _together(conditional):
        total *= int(lift(_product, *part).values.sum())
    return total


def _either(first: Elastic, second: Elastic) -> Elastic:
    """Return where one of two conditions holds; a condition that always holds needs no choices."""
    if not first.choices or not second.choices:
        return first if not first.choices else second
    return lift(np.logical_or, first, second)


def _decides(number: Elastic, choice: str) -> Elastic:
    """Return where a choice makes a difference to a number."""
    if number.choices == (choice,):
        return fixed(True)
    axis = number.choices.index(choice)
    differs = (number.values != number.values.take([0], axis)).any(axis)
    return Elastic(tuple(other for other in number.choices if other != choice), differs)


def _needed(condition: Elastic) -> Elastic:
    """Return a condition without the choices that make no difference to it."""
    choices, values = list(condition.choices), condition.values
    for axis in reversed(range(values.ndim)):
        if (values == values.take([0], axis)).all():
            values = values.take(0, axis)
            del choices[axis]
    return Elastic(tuple(choices), np.asarray(values))


def _product(*sizes: Any) -> Any:
    """Return the product as Python's numbers, which do not overflow."""
    return reduce(np.multiply, (np.asarray(size, dtype=object) for size in sizes))


def _together(parts: Iterable[Elastic]) -> list[list[Elastic]]:
    """Return the parts in groups, such that those with a choice in common are together."""
    groups: list[list[Elastic]] = []
    for part in parts:
        sharing = [group for group in groups if any(set(part.choices) & set(other.choices) for other in group)]
        groups = [group for group in groups if group not in sharing] + [[part, *(p for g in sharing for p in g)]]
    return groups
