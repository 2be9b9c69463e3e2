"""How the modules of a supernet see a selection: what each of their elastic numbers is.

Every module reads its numbers through a view, and so has one forward pass for an architecture and for a mixture.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..spaces import Elastic

__all__ = ["MixView", "PathView", "View", "weighted"]


def weighted(result: Tensor, weight: Tensor | None) -> Tensor:
    """Return a result times its weight; None is the weight of what stands alone."""
    return result if weight is None else result * weight.to(result.dtype)


class View(ABC):
    """A selection within a space: what each elastic number is.

    A number may be anything that follows from choices, `Elastic.of(choice)` the option of a single one:

        self.operation = Elastic.of(choice)  # once
        view.blend(self.operation, lambda name: self.operations[name](x))

    Attributes:
        drop_connect: rate at which the last block is left out, in training; see `Path`.
        layers: the views of the blocks or cells that have one of their own, by name.
    """

    drop_connect: float
    layers: Mapping[str, "View"]

    def within(self, layer: str) -> "View":
        """Return the view of a block or cell."""
        return self.layers.get(layer, self)

    @abstractmethod
    def size(self, number: Elastic) -> int:
        """Return how many channels are computed."""

    @abstractmethod
    def mask(self, x: Tensor, number: Elastic) -> Tensor:
        """Weigh the channels of `(n, c, h, w)` by how much of them there is."""

    @abstractmethod
    def options(self, number: Elastic) -> list[tuple[Any, Tensor | None]]:
        """Return the values of a number that are computed, in order, each with its weight; None where it is sure."""

    def blend(self, number: Elastic, result: Callable[[Any], Tensor | None]) -> Tensor | None:
        """Return the weighted sum of `result(value)` over the values of a number; None where all results are."""
        total = None
        for value, weight in self.options(number):
            part = result(value)
            if part is not None:
                part = weighted(part, weight)
                total = part if total is None else total + part
        return total


class PathView(View):
    """One architecture: every elastic number has a value.

    Args:
        picked: the option of each choice, by the choice's name.
        drop_connect: see `View`.
    """

    def __init__(self, picked: Mapping[str, int], drop_connect: float = 0.0) -> None:
        self.drop_connect, self.layers = drop_connect, {}
        self._picked = picked
        self._values: dict[Elastic, Any] = {}  # layers ask for the same few numbers again and again

    def value(self, number: Elastic) -> Any:
        """Return the value of a number."""
        if number not in self._values:
            self._values[number] = number.at(self._picked).item()
        return self._values[number]

    def size(self, number: Elastic) -> int:
        """Return the value."""
        return int(self.value(number))

    def mask(self, x: Tensor, number: Elastic) -> Tensor:
        """Return `x`: all channels that are computed are there."""
        return x

    def options(self, number: Elastic) -> list[tuple[Any, Tensor | None]]:
        """Return the value alone."""
        return [(self.value(number), None)]


class MixView(View):
    """A mixture: every elastic number has a distribution.

    Nothing here waits for the device of the weights.

    Args:
        weights: `(options,)` by the name of each choice.
        drop_connect: see `View`.
        active: see `Mix`.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        drop_connect: float = 0.0,
        active: Mapping[str, NDArray[np.bool_]] | None = None,
    ) -> None:
        self.drop_connect, self.layers = drop_connect, {}
        self._weights, self._active = weights, active
        self._distributions: dict[Elastic, Tensor] = {}
        self._masks: dict[Elastic, Tensor] = {}

    def size(self, number: Elastic) -> int:
        """Return the largest value: smaller widths are masks on it."""
        return number.largest

    def mask(self, x: Tensor, number: Elastic) -> Tensor:
        """Multiply each channel by the weight of all widths that have it (Wan et al., CVPR 2020, eq. 3)."""
        if not number.choices:
            return x
        if number not in self._masks:
            weights = self._distribution(number)
            has = number.table("channels", weights, lambda: np.arange(number.largest) < number.distinct[:, None])
            self._masks[number] = (weights @ has).view(1, -1, 1, 1)
        return x * self._masks[number].to(x.dtype)

    def options(self, number: Elastic) -> list[tuple[Any, Tensor | None]]:
        """Return all values and their weights, without those that only options make that are not active."""
        if not number.choices:
            return [(number.values.item(), None)]
        found = zip(number.distinct.tolist(), self._distribution(number).unbind(), strict=True)
        if self._active is None:
            return list(found)
        kept = set(number.values[np.ix_(*(self._active[choice] for choice in number.choices))].ravel().tolist())
        return [(value, weight) for value, weight in found if value in kept]

    def _distribution(self, number: Elastic) -> Tensor:
        if number not in self._distributions:
            self._distributions[number] = number.distribution(self._weights)
        return self._distributions[number]
