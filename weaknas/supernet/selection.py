"""Which part of a supernet runs: one architecture, or a mixture of all of them.

Every module reads its elastic numbers through the view that a selection gives, and so has one forward pass for both.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Elastic, Space

__all__ = ["Mix", "MixView", "Path", "PathView", "Selection", "View", "onehot"]


class View(ABC):
    """A selection within a space: what each elastic number is.

    Attributes:
        drop_connect: rate at which the last block is left out, in training; see `Path`.
    """

    drop_connect: float

    @abstractmethod
    def size(self, number: Elastic) -> int:
        """Return how many channels are computed."""

    @abstractmethod
    def mask(self, x: Tensor, number: Elastic) -> Tensor:
        """Weigh the channels of `(n, c, h, w)` by how much of them there is."""

    @abstractmethod
    def blend(self, number: Elastic, result: Callable[[Any], Tensor | None]) -> Tensor | None:
        """Return the weighted sum of `result(value)` over the values of a number; None where all results are."""


class PathView(View):
    """One architecture: every elastic number has a value."""

    def __init__(self, picked: Mapping[str, int], drop_connect: float = 0.0) -> None:
        self.drop_connect = drop_connect
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

    def blend(self, number: Elastic, result: Callable[[Any], Tensor | None]) -> Tensor | None:
        """Return the result of the value."""
        return result(self.value(number))


class MixView(View):
    """A mixture: every elastic number has a distribution."""

    def __init__(self, weights: Mapping[str, Tensor], drop_connect: float = 0.0) -> None:
        self.drop_connect = drop_connect
        self._weights = weights
        self._masks: dict[Elastic, Tensor] = {}

    def size(self, number: Elastic) -> int:
        """Return the largest value: smaller widths are masks on it."""
        return number.largest

    def mask(self, x: Tensor, number: Elastic) -> Tensor:
        """Multiply each channel by the weight of all widths that have it (Wan et al., CVPR 2020, eq. 3)."""
        if not number.choices:
            return x
        if number not in self._masks:
            weights = number.distribution(self._weights)
            has = torch.arange(number.largest) < torch.from_numpy(number.distinct)[:, None]
            self._masks[number] = (weights @ has.to(weights)).view(1, -1, 1, 1)
        return x * self._masks[number].to(x.dtype)

    def blend(self, number: Elastic, result: Callable[[Any], Tensor | None]) -> Tensor | None:
        """Return the weighted sum; values of weight 0 are not computed, and their weights get no gradient."""
        if not number.choices:
            return result(number.values.item())
        total = None
        weights = number.distribution(self._weights)
        for value, weight, is_zero in zip(number.distinct.tolist(), weights, (weights == 0).tolist(), strict=True):
            part = None if is_zero else result(value)
            if part is not None:
                part = part * weight.to(part.dtype)
                total = part if total is None else total + part
        return total


class Selection(ABC):
    """Which part of a supernet runs.

    Attributes:
        dropout: rate of dropout before the classifier, in training.
    """

    dropout: float

    @abstractmethod
    def view(self, space: Space) -> View:
        """Return the selection within a space.

        Raises:
            InvalidArchitecture: the architecture is not in the space.
            InvalidOption: the weights are not those of the space's choices.
        """


class Path(Selection):
    """One architecture.

    Args:
        arch: `(d,)` row of the space, or a batch of one.
        dropout: rate of dropout before the classifier, in training.
        drop_connect: in training, the rate at which a block is left out of the sum with its own input, sample by
            sample; only in the last two stages, and in proportion to the block's place in the network
            (AttentiveNAS, for its largest network only).
    """

    def __init__(self, arch: Any, dropout: float = 0.0, drop_connect: float = 0.0) -> None:
        self.arch = np.atleast_2d(np.asarray(arch))
        self.dropout, self.drop_connect = dropout, drop_connect

    def view(self, space: Space) -> PathView:
        """Return the architecture's view."""
        rows = space.validate(self.arch)
        if len(rows) != 1:
            raise InvalidArchitecture(f"a path is a single architecture, not {len(rows)}.")
        picked = dict(zip((choice.name for choice in space.choices), rows[0].tolist(), strict=True))
        return PathView(picked, self.drop_connect)


class Mix(Selection):
    """A mixture of all architectures.

    Widths are masks on the largest, kernels are summed in the filters, candidate layers, blocks passed over and
    resolutions in their outputs. Weights need not sum to one. With one-hot weights it is `Path`.

    Args:
        weights: by the name of each choice, `(options,)` weights on the device of the images.
        dropout: as for `Path`.
        drop_connect: as for `Path`.
    """

    def __init__(self, weights: Mapping[str, Tensor], dropout: float = 0.0, drop_connect: float = 0.0) -> None:
        self.weights = weights
        self.dropout, self.drop_connect = dropout, drop_connect

    def view(self, space: Space) -> MixView:
        """Return the mixture's view."""
        shapes = {choice.name: (len(choice.options),) for choice in space.choices}
        given = {name: tuple(weight.shape) for name, weight in self.weights.items()}
        if wrong := sorted(name for name in shapes.keys() | given.keys() if shapes.get(name) != given.get(name)):
            name = wrong[0]
            raise InvalidOption(
                f"choice {name!r} of {space.name} has weights of shape {shapes.get(name, 'none')}, "
                f"not {given.get(name, 'none')}."
            )
        return MixView(self.weights, self.drop_connect)


def onehot(space: Space, arch: Any, device: torch.device | str | None = None) -> dict[str, Tensor]:
    """Return the weights with which a mixture is one architecture (a row, or a batch of one)."""
    picked = space.picked(space.validate(np.atleast_2d(arch)))
    return {
        choice.name: torch.eye(len(choice.options), device=device)[int(picked[choice.name][0])]
        for choice in space.choices
    }
