"""What a distribution over architectures is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ..spaces import Batch, Cost, Space

__all__ = ["ArchDistribution"]


class ArchDistribution(nn.Module, ABC):
    """A distribution over the architectures of a space, with parameters to learn if it has any.

    Draws follow from the parameters and the seed alone, on whatever device they are: processes with equal parameters
    and equal seeds draw alike. Tensors are on the device of the parameters and in their precision.

    Attributes:
        space: the architectures.
    """

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `(n, d)` valid rows drawn independently, choices without meaning set to 0; rows may repeat.

        Raises:
            InvalidArchitecture: hardly any draw is an architecture of the space.
        """

    @abstractmethod
    def log_prob(self, batch: ArrayLike) -> Tensor:
        """Return the `(n,)` natural logarithms of the architectures' probabilities, differentiable.

        Raises:
            InvalidArchitecture: a row is not in the space.
        """

    @abstractmethod
    def entropy(self) -> Tensor:
        """Return the entropy of the raw draw in nats, a differentiable scalar."""

    @abstractmethod
    def mode(self) -> Batch:
        """Return the architecture that the likeliest raw draw makes, as a batch of one.

        Raises:
            InvalidArchitecture: it makes none.
        """

    @abstractmethod
    def weights(self) -> Mapping[str, Tensor]:
        """Return the `(options,)` probabilities of each choice's options by its name, as `Mix` takes them."""

    @abstractmethod
    def expected_cost(self) -> Cost:
        """Return the expected parameters and multiply-accumulates, exact and differentiable scalars.

        Raises:
            InvalidOption: the space does not know its expected cost.
        """
