"""A Gaussian process on the subtrees of cells."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_solve, cholesky, solve_triangular

from weaknas.errors import InvalidOption
from weaknas.spaces.graphs import Graphs

from .shared import Doubles
from .shared.checked import CheckedRegressor
from .shared.process import evidence, maximise, subsampled
from .shared.scaling import ScoreScale
from .shared.subtrees import Subtrees

__all__ = ["GPWL"]

_BLOCK = 1024  # rows whose covariance with 1,000 architectures stays in a core's cache


class GPWL(CheckedRegressor):
    """A Gaussian process with a Weisfeiler-Lehman kernel (NAS-BOWL, Ru et al., ICLR 2021); needs graphs.

    The score of a cell is a sum of normally distributed weights of its subtrees. As published, all depths up to H
    share one variance, and H maximises the evidence. Here subtrees along the edges and against them are different
    features, and each depth of either has a variance of its own, which maximises the evidence and may be 0.

    Args:
        depth: greatest depth H of the subtrees.
    """

    encodings: ClassVar[tuple[str, ...]] = ("graph",)

    def __init__(self, depth: int = 3) -> None:
        self.depth = depth

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` graphs in the encoding `graph` and `(n,)` scores in percent, forgetting any earlier fit.

        Raises:
            InvalidOption: the features are no graphs, or the depth is negative.
        """
        if self.depth < 0:
            raise InvalidOption(f"the depth of gp-wl is 0 or more, not {self.depth!r}.")
        features, scores = self._check_training(X, y)
        graphs = Graphs.unflatten(features)
        self.score_scale_ = ScoreScale.of(scores)
        self.subtrees_ = Subtrees(graphs, self.depth)
        counts = self.subtrees_(graphs).toarray().astype(np.float64)
        self.mean_ = counts.mean(axis=0)
        self._condition(counts - self.mean_, self.score_scale_(scores))
        return self

    def _condition(self, centred: Doubles, targets: Doubles) -> None:
        """Learn the variances of weights and noise, then the weights' distribution."""
        blocks = [centred[:, self.subtrees_.shape == shape] for shape in range(2 * self.depth + 1)]
        # A unit of variance is what a shape of subtrees adds to the score of an average cell.
        sizes = np.array([max((block**2).sum(axis=1).mean(), 1e-3) for block in blocks])
        subsamples = [subsampled(block) for block in blocks]
        kernels = np.array([block @ block.T for block in subsamples]) / sizes[:, None, None]
        scores = subsampled(targets)

        def log_evidence(logs: Doubles) -> tuple[float, Doubles]:
            amplitudes, noise = np.exp(logs[:-1]), np.exp(logs[-1])
            value, inner = evidence(np.tensordot(amplitudes, kernels, 1), noise, scores)
            gradient = [*(amplitudes * np.tensordot(kernels, inner)), noise * np.trace(inner)]
            return value, np.array(gradient) / 2

        start = np.log([*np.full(len(blocks), 1 / len(blocks)), 0.1])
        logs = maximise(log_evidence, start, [(-12.0, 5.0)] * len(blocks))
        self.variance_ = (np.exp(logs[:-1]) / sizes)[self.subtrees_.shape]
        self.noise_ = float(np.exp(logs[-1]))
        covariance = centred * self.variance_ @ centred.T
        root = cholesky(covariance + self.noise_ * np.eye(len(targets)), lower=True)
        self.weights_ = self.variance_ * (cho_solve((root, True), targets) @ centred)
        whitened = solve_triangular(root, centred * self.variance_, lower=True)
        self.whitened_ = np.ascontiguousarray(whitened.T, dtype=np.float32)

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations.

        The deviation is that of the score without the noise of an evaluation.
        """
        graphs = Graphs.unflatten(self._check_query(X))
        counts = self.subtrees_(graphs)
        mean = self.score_scale_.inverse(counts @ self.weights_ - self.mean_ @ self.weights_)
        return (mean, self._deviation(counts) * self.score_scale_.scale) if return_std else mean

    def _deviation(self, counts: Any) -> Doubles:
        """Return `(m,)` standard deviations of standardised scores: prior variance less what the data explain."""
        prior = counts.power(2) @ self.variance_ - 2 * (counts @ (self.variance_ * self.mean_))
        prior += self.variance_ @ self.mean_**2
        offset = (self.mean_ @ self.whitened_).astype(np.float32)
        explained = np.empty(counts.shape[0])
        for start in range(0, len(explained), _BLOCK):
            part = slice(start, start + _BLOCK)
            projected = counts[part] @ self.whitened_ - offset
            explained[part] = np.einsum("ij,ij->i", projected, projected)
        deviation: Doubles = np.sqrt(np.maximum(prior - explained, 0.0))
        return deviation
