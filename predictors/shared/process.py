"""An exact Gaussian process: hyper-parameters of greatest evidence, and fast scoring of many architectures.

The notation is that of Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 5.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.blas import strmm
from scipy.optimize import minimize

from . import Doubles
from .kernels import Kernel

__all__ = ["Hyperparameters", "Posterior", "evidence", "kernel_evidence", "learn", "maximise", "subsampled"]

ValueAndGradient = Callable[[Doubles], tuple[float, Doubles]]

_SUBSAMPLE = 400  # architectures that hyper-parameters are learned from: the cost grows with the third power
_ITERATIONS = 60
_START = 0.3  # squared distance of two average architectures, in squared length scales
_LEAST_NOISE = 1e-3  # variance, for the sake of float32; scores have a variance of 1
_BLOCK = 512  # rows whose kernel with 1,000 architectures stays in a core's cache


@dataclass(frozen=True)
class Hyperparameters:
    """Hyper-parameters, chosen by the evidence.

    Attributes:
        weights: `(f,)` inverse squared length scale of each column.
        amplitude: variance of the function.
        noise: variance of the noise.
    """

    weights: Doubles
    amplitude: float
    noise: float


def learn(kernel: Kernel, X: Doubles, y: Doubles, groups: NDArray[np.intp]) -> Hyperparameters:
    """Maximise the evidence of `(n, f)` scaled features and `(n,)` standardised scores.

    The columns of group 0 have one length scale. Each column of group 1 has its own; their logarithms have a
    normal prior with deviation 1/2 around a common value: few architectures would not identify ten of them
    without it.
    """
    X, y = subsampled(X), subsampled(y)
    own = np.flatnonzero(groups == 1)  # columns with a length scale of their own
    variance = np.array([X[:, groups == group].var(axis=0).sum() for group in (0, 1)])
    start = np.concatenate([np.log(_START / np.maximum(2 * variance, 1e-3)), np.zeros(len(own)), np.log([1.0, 0.1])])

    def unpack(point: Doubles) -> Hyperparameters:
        weights = point[:2][groups]
        weights[own] += point[2:-2]
        amplitude, noise = np.exp(point[-2:])
        return Hyperparameters(np.exp(weights), amplitude, noise)

    def log_posterior(point: Doubles) -> tuple[float, Doubles]:
        value, by_weight, rest = kernel_evidence(kernel, X, y, unpack(point))
        by_group = [by_weight[groups == group].sum() for group in (0, 1)]
        gradient = np.concatenate([by_group, by_weight[own] - point[2:-2], rest])
        return value - float((point[2:-2] ** 2).sum() / 2), gradient

    common = [(log - 7, log + 7) for log in start[:2]]
    return unpack(maximise(log_posterior, start, [*common, *[(-4.0, 4.0)] * len(own), (-4.0, 5.0)]))


def subsampled(rows: Doubles) -> Doubles:
    """Return at most 400 rows, evenly spaced, from which hyper-parameters are learned."""
    subsample: Doubles = rows[np.linspace(0, len(rows) - 1, min(len(rows), _SUBSAMPLE)).astype(int)]
    return subsample


def maximise(function: ValueAndGradient, start: Doubles, bounds: list[tuple[float, float]]) -> Doubles:
    """Return the maximiser of a function with a gradient, within bounds.

    The last parameter is the logarithm of the noise variance and gets bounds of its own.
    """

    def loss(point: Doubles) -> tuple[float, Doubles]:
        value, gradient = function(point)
        return -value, -gradient

    all_bounds = [*bounds, (np.log(_LEAST_NOISE), 1.0)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=all_bounds, options={"maxiter": _ITERATIONS})
    best: Doubles = found.x
    return best


def evidence(covariance: Doubles, noise: float, y: Doubles) -> tuple[float, Doubles]:
    """Return the log evidence of `(n,)` scores, up to a constant, and twice its derivative by the covariance."""
    root = cholesky(covariance + noise * np.eye(len(y)), lower=True)
    dual = cho_solve((root, True), y)
    value = -(y @ dual) / 2 - np.log(np.diag(root)).sum()
    derivative: Doubles = np.outer(dual, dual) - cho_solve((root, True), np.eye(len(y)))  # R&W 5.9
    return float(value), derivative


def kernel_evidence(kernel: Kernel, X: Doubles, y: Doubles, at: Hyperparameters) -> tuple[float, Doubles, Doubles]:
    """Return the log evidence, up to a constant, and its derivatives by the log weights, log amplitude and log noise.

    The derivatives by the `(f,)` weights come first, then the two others as `(2,)`.
    """
    scaled = X * np.sqrt(at.weights)
    norms = (scaled**2).sum(axis=1)
    square = np.maximum(norms[:, None] + norms - 2 * scaled @ scaled.T, 0.0)
    covariance = at.amplitude * kernel.value(square)
    value, inner = evidence(covariance, at.noise, y)
    by_square = inner * at.amplitude * kernel.slope(square) / 2
    by_weight = 2 * (scaled**2 * by_square.sum(axis=1)[:, None] - scaled * (by_square @ scaled)).sum(axis=0)
    rest = np.array([(inner * covariance).sum(), at.noise * np.trace(inner)]) / 2
    return value, by_weight, rest


class Posterior:
    """The process given `(n, f)` scaled features and `(n,)` standardised scores; it predicts in float32.

    Squared distances are one matrix multiplication: the features are extended by their norm and by 1.
    """

    def __init__(self, kernel: Kernel, X: Doubles, y: Doubles, at: Hyperparameters) -> None:
        self._kernel = kernel
        self._at = at
        scaled = X * np.sqrt(at.weights)
        norms, ones = (scaled**2).sum(axis=1, keepdims=True), np.ones((len(X), 1))
        self._known = np.ascontiguousarray(np.hstack([-2 * scaled, ones, norms]).T, dtype=np.float32)
        square = np.maximum(norms + norms.T - 2 * scaled @ scaled.T, 0.0)
        root = cholesky(at.amplitude * kernel.value(square) + at.noise * np.eye(len(y)), lower=True)
        self._dual = (at.amplitude * cho_solve((root, True), y)).astype(np.float32)
        inverse = solve_triangular(root, np.eye(len(y)), lower=True)
        self._inverse = np.asfortranarray(at.amplitude * inverse.T, dtype=np.float32)

    def predict(self, X: Doubles, std: bool) -> tuple[Doubles, Doubles]:
        """Return `(m,)` means and, if `std`, `(m,)` deviations of the function, else zeros."""
        mean, variance = np.zeros(len(X)), np.zeros(len(X))
        scale = np.sqrt(self._at.weights)
        for start in range(0, len(X), _BLOCK):
            part = slice(start, start + _BLOCK)
            covariance = self._unit_covariance(X[part] * scale)
            mean[part] = covariance @ self._dual
            if std:
                explained = strmm(1.0, self._inverse, covariance.T, side=0, trans_a=1)
                variance[part] = self._at.amplitude - np.einsum("ij,ij->j", explained, explained)
        return mean, np.sqrt(np.maximum(variance, 0.0))

    def _unit_covariance(self, scaled: Doubles) -> NDArray[np.float32]:
        norms, ones = (scaled**2).sum(axis=1, keepdims=True), np.ones((len(scaled), 1))
        extended = np.hstack([scaled, norms, ones]).astype(np.float32)
        square = extended @ self._known
        return self._kernel.value(np.maximum(square, 0.0, out=square))
