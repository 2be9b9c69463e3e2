"""An exact Gaussian process: hyper-parameters of greatest evidence, and fast scoring of many architectures.

The notation is that of Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.blas import strmm
from scipy.optimize import minimize

from .kernels import Kernel

__all__ = ["Hyperparameters", "Posterior", "learn"]

Floats = NDArray[np.float64]

_LEARN = 400  # hyper-parameters are learned from that many architectures: the cost grows with the third power
_ITERATIONS = 60
_START = 0.3  # squared distance of two average architectures, in squared length scales
_NOISE = 1e-3  # the least noise variance, which float32 needs; scores have a variance of 1
_BLOCK = 512  # rows whose kernel with 1,000 architectures stays in a core's cache


@dataclass(frozen=True)
class Hyperparameters:
    """What the evidence chooses.

    Attributes:
        weights: `(f,)` inverse squared length scale of each column.
        amplitude: variance of the function.
        noise: variance of the noise.
    """

    weights: Floats
    amplitude: float
    noise: float


def learn(kernel: Kernel, X: Floats, y: Floats, groups: NDArray[np.intp]) -> Hyperparameters:
    """Maximise the evidence of `(n, f)` scaled features and `(n,)` standardised scores.

    The columns of group 0 have one length scale. Each column of group 1 has its own; their logarithms have a
    normal prior with deviation 1/2 around a common value, without which few architectures would not tell ten of
    them. More than 400 architectures are thinned out evenly, in their order.
    """
    if len(X) > _LEARN:
        chosen = np.linspace(0, len(X) - 1, _LEARN).astype(int)
        X, y = X[chosen], y[chosen]
    own = np.flatnonzero(groups == 1)
    variance = np.array([X[:, groups == group].var(axis=0).sum() for group in (0, 1)])
    start = np.concatenate([np.log(_START / np.maximum(2 * variance, 1e-3)), np.zeros(len(own)), np.log([1.0, 0.1])])

    def unpack(point: Floats) -> Hyperparameters:
        weights = point[:2][groups]
        weights[own] += point[2:-2]
        amplitude, noise = np.exp(point[-2:])
        return Hyperparameters(np.exp(weights), amplitude, noise)

    def loss(point: Floats) -> tuple[float, Floats]:
        evidence, by_weight, rest = _evidence(kernel, X, y, unpack(point))
        by_group = [by_weight[groups == group].sum() for group in (0, 1)]
        slope = np.concatenate([by_group, by_weight[own], rest])
        slope[2:-2] -= point[2:-2]
        return float((point[2:-2] ** 2).sum() / 2 - evidence), -slope

    levels = [(level - 7, level + 7) for level in start[:2]]
    bounds = [*levels, *[(-4.0, 4.0)] * len(own), (-4.0, 5.0), (np.log(_NOISE), 1.0)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS})
    return unpack(found.x)


def _evidence(kernel: Kernel, X: Floats, y: Floats, at: Hyperparameters) -> tuple[float, Floats, Floats]:
    """Return the log evidence and its derivatives by the logarithms of the weights, amplitude and noise."""
    scaled = X * np.sqrt(at.weights)
    norms = (scaled**2).sum(axis=1)
    square = np.maximum(norms[:, None] + norms - 2 * scaled @ scaled.T, 0.0)
    covariance = at.amplitude * kernel.value(square)
    root = cholesky(covariance + at.noise * np.eye(len(y)), lower=True)
    dual = cho_solve((root, True), y)
    evidence = -(y @ dual) / 2 - np.log(np.diag(root)).sum()
    # R&W 5.9: the derivative by a parameter is half the trace of `inner` times the covariance's derivative.
    inner = np.outer(dual, dual) - cho_solve((root, True), np.eye(len(y)))
    by_square = inner * at.amplitude * kernel.slope(square) / 2
    by_weight = 2 * (scaled**2 * by_square.sum(axis=1)[:, None] - scaled * (by_square @ scaled)).sum(axis=0)
    rest = np.array([(inner * covariance).sum(), at.noise * np.trace(inner)]) / 2
    return float(evidence), by_weight, rest


class Posterior:
    """The process given `(n, f)` scaled features and `(n,)` standardised scores; scores in float32.

    Squared distances come out of one matrix multiplication: the features are extended by their norm and by 1.
    """

    def __init__(self, kernel: Kernel, X: Floats, y: Floats, at: Hyperparameters) -> None:
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

    def predict(self, X: Floats, std: bool) -> tuple[Floats, Floats]:
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

    def _unit_covariance(self, scaled: Floats) -> NDArray[np.float32]:
        norms, ones = (scaled**2).sum(axis=1, keepdims=True), np.ones((len(scaled), 1))
        extended = np.hstack([scaled, norms, ones]).astype(np.float32)
        square = extended @ self._known
        return self._kernel.value(np.maximum(square, 0.0, out=square))
