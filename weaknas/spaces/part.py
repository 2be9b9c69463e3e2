"""A part of a space: what its architectures are, cost and look like is for the whole space to say."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arrays import Batch, Keys
from .base import Encoder, Space
from .orders import Order

__all__ = ["Part"]


class Part(Space):
    """Some of the architectures of a space; rows mean the same in the part and in the whole.

    Args:
        space: the whole space.
        name: of the part; the whole's unless given.

    Attributes:
        base: the whole space.
    """

    def __init__(self, space: Space, name: str | None = None) -> None:
        self.base = space
        self.name = name or space.name
        self.choices = space.choices
        self.default_encoding = space.default_encoding
        self.merges_isomorphs = space.merges_isomorphs

    @cached_property
    def recipe(self) -> Mapping[str, Any] | None:
        """What makes the whole space again."""
        return self.base.recipe

    @property
    def layout(self) -> str:
        """What a row holds, in words."""
        return self.base.layout

    @property
    def orders(self) -> Mapping[str, Order]:
        """How other libraries write rows."""
        return self.base.orders

    @property
    def encoders(self) -> Mapping[str, Encoder]:
        """The encodings of the whole space."""
        return self.base.encoders

    def free_to_know(self, name: str, batch: Batch) -> NDArray[np.float64]:
        """Return what the whole space knows."""
        return self.base.free_to_know(name, batch)

    def key(self, batch: Batch) -> Keys:
        """Return the whole space's keys."""
        return self.base.key(batch)

    def code(self, batch: Batch) -> Keys:
        """Return the whole space's codes."""
        return self.base.code(batch)

    def matters(self, batch: Batch) -> NDArray[np.bool_]:
        """Return what the whole space says."""
        return self.base.matters(batch)

    def canonical(self, batch: Batch) -> Batch:
        """Return what the whole space says."""
        return self.base.canonical(batch)

    @abstractmethod
    def own(self, batch: Batch) -> Batch:
        """Return rows of the whole space as rows of the part.

        Raises:
            InvalidArchitecture: one is not in the part.
        """

    def to_str(self, batch: Batch) -> list[str]:
        """Return the text form of each row."""
        return self.base.to_str(batch)

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of the part that texts name."""
        return self.own(self.base.from_str(texts))

    def from_graph(self, matrix: ArrayLike, ops: Iterable[str]) -> Batch:
        """Return the row of the part that a graph describes."""
        return self.own(self.base.from_graph(matrix, ops))

    def to_graph(self, arch: ArrayLike) -> tuple[NDArray[np.int64], list[str]]:
        """Return the graph of `arch`."""
        return self.base.to_graph(arch)
