"""An architecture as the parameters of an Optuna trial, and back."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from ..spaces import Batch, Choices, Filtered, Rows, Space

__all__ = ["Params", "quiet"]


class Params:
    """The choices of a space as Optuna's parameters: one for each, in their order.

    Those of `Choices` have their own names and options; those of other spaces are `choice 0`, `choice 1`, ... with
    option numbers.

    Args:
        space: the space.
        ordered: whether the parameters are integers, for samplers that know no categories; an order is then assumed
            that the options may not have.

    Attributes:
        distributions: by name, what Optuna samples from.
    """

    def __init__(self, space: Space, *, ordered: bool = False) -> None:
        self._space = space
        while isinstance(space, Rows | Filtered):
            space = space.base
        sizes = space.options.tolist()
        names = [f"choice {i}" for i in range(len(sizes))]
        options: list[tuple[Any, ...]] = [tuple(range(size)) for size in sizes]
        if isinstance(space, Choices) and not ordered:
            names = [choice.name for choice in space.choices]
            options = [choice.options for choice in space.choices]
        self.distributions: dict[str, BaseDistribution] = {
            name: IntDistribution(0, len(values) - 1) if ordered else CategoricalDistribution(values)
            for name, values in zip(names, options, strict=True)
        }

    def of(self, arch: Batch) -> dict[str, Any]:
        """Return the parameters of an architecture, a batch of one."""
        (row,) = arch.tolist()
        return {
            name: kind.to_external_repr(float(option))
            for (name, kind), option in zip(self.distributions.items(), row, strict=True)
        }

    def arch(self, params: Mapping[str, Any]) -> Batch:
        """Return the architecture of parameters, a batch of one; it need not be valid.

        Raises:
            KeyError: a parameter is missing.
            ValueError: one has another value than its options.
        """
        row = [kind.to_internal_repr(params[name]) for name, kind in self.distributions.items()]
        return self._space.as_batch(np.array([row], dtype=int))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Optuna from announcing what it creates, warnings excepted."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
