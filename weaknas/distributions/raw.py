"""A coefficient for each option, free of any constraint."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..spaces import Batch, Space

__all__ = ["Raw"]


class Raw(nn.Module):
    """A real coefficient for each option of each choice; one that is exactly 0 leaves the option out.

    As in the sparse supernet (Wu et al., AAAI 2021), any number of a choice's options may remain, also none. This is
    no distribution: nothing is drawn, and there are no probabilities.

    Args:
        space: the architectures.

    Attributes:
        space: the architectures.
        coefficients: `(options of all choices,)`, choice by choice. They begin as the mean of each choice's options:
            at 0 no option would run, and none learn.
    """

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.space = space
        each = np.repeat(1 / space.options, space.options)
        self.coefficients = nn.Parameter(torch.from_numpy(each).to(torch.get_default_dtype()))

    def weights(self) -> Mapping[str, Tensor]:
        """Return the `(options,)` coefficients of each choice by its name, differentiable, as `Mix` takes them."""
        return self.by_choice(self.coefficients)

    def by_choice(self, values: Tensor) -> dict[str, Tensor]:
        """Return views of the `(options,)` parts of `(options of all choices,)` values, by the choice's name."""
        parts = values.split(self.space.options.tolist())
        return {choice.name: part for choice, part in zip(self.space.choices, parts, strict=True)}

    def nonzero(self) -> dict[str, NDArray[np.bool_]]:
        """Return `(options,)` which options of each choice remain, by the choice's name."""
        remain = self.coefficients.detach().cpu().numpy() != 0
        parts = np.split(remain, np.cumsum(self.space.options)[:-1])
        return {choice.name: part for choice, part in zip(self.space.choices, parts, strict=True)}

    def mode(self) -> Batch:
        """Return the architecture that the absolute coefficients point at, as a batch of one; see `Space.strongest`.

        Raises:
            InvalidArchitecture: these options together make none.
        """
        weights = {name: part.detach().abs().cpu().numpy() for name, part in self.weights().items()}
        return self.space.strongest(weights)
