"""Stationary kernels of unit amplitude, as functions of the squared distance in length scales."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["KERNELS", "Kernel"]

Array = NDArray[Any]  # float64 where hyper-parameters are learned, float32 where a space is scored


class Kernel(NamedTuple):
    """A kernel and its derivative.

    Attributes:
        value: the kernel at squared distances.
        slope: the kernel's derivative by the squared distance.
    """

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def _rbf(square: Array) -> Array:
    half: Array = square * square.dtype.type(-0.5)
    return np.exp(half, out=half)


def _rbf_slope(square: Array) -> Array:
    return -0.5 * _rbf(square)


def _matern52(square: Array) -> Array:
    r = np.sqrt(5 * square)
    value: Array = np.exp(-r)
    value *= 1 + r + (5 / 3) * square
    return value


def _matern52_slope(square: Array) -> Array:
    r = np.sqrt(5 * square)
    slope: Array = (-5 / 6) * (1 + r) * np.exp(-r)
    return slope


KERNELS = {"matern52": Kernel(_matern52, _matern52_slope), "rbf": Kernel(_rbf, _rbf_slope)}
