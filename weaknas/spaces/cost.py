"""Analytic cost: trainable parameters and multiply-accumulates (MACs) of the usual layers.

A MAC count is what papers print as FLOPs: convolution `c_in * c_out * k^2 * h_out * w_out / groups`, linear
`in * out`; normalisation, activation and pooling are not counted. All functions take numbers or arrays.
"""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .arrays import Batch

__all__ = ["Cost", "Priced", "conv", "conv_bn", "linear"]

Count = Any
"""A whole number, or an integer array of them."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of each architecture of a batch.

    Attributes:
        params: `(n,)` trainable parameters.
        macs: `(n,)` multiply-accumulates of one forward pass of one image.
    """

    params: NDArray[np.int64]
    macs: NDArray[np.int64]

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.params + other.params, self.macs + other.macs)

    def __mul__(self, times: Count) -> "Cost":
        return Cost(self.params * times, self.macs * times)


@runtime_checkable
class Priced(Protocol):
    """A space that knows what its architectures cost."""

    def cost(self, batch: Batch, /) -> Cost:
        """Return parameters and multiply-accumulates of each architecture."""
        ...


def conv(c_in: Count, c_out: Count, kernel: Count, side: Count) -> Cost:
    """A bias-free convolution to `side x side` pixels."""
    weights = np.asarray(c_in * c_out * kernel * kernel, dtype=np.int64)
    return Cost(weights, weights * side * side)


def conv_bn(c_in: Count, c_out: Count, kernel: Count, side: Count) -> Cost:
    """A bias-free convolution to `side x side` pixels and its batch normalisation (scale and shift)."""
    plain = conv(c_in, c_out, kernel, side)
    return Cost(plain.params + 2 * np.asarray(c_out), plain.macs)


def linear(features: Count, outputs: int) -> Cost:
    """A linear layer with bias."""
    weights = np.asarray(features * outputs, dtype=np.int64)
    return Cost(weights + outputs, weights)
