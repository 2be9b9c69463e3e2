"""Empirical Bayes: how a distribution over architectures is learned from how well drawn ones explain the data.

PARSEC (Casale, Gordon and Fusi, 2019) maximises the likelihood of the data under the distribution by samples with
importance weights; FP-NAS (Yan et al., CVPR 2021) adds a hinge on what they cost, and as many samples as the entropy
asks for. The likelihoods may come from the weights of a supernet or from a benchmark.
"""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ..spaces import Batch
from .base import ArchDistribution

__all__ = ["effective_samples", "importance", "prior_loss", "samples_for"]

_BISECTIONS = 60


def importance(log_likelihoods: ArrayLike, sharpness: float, ess: float = 2.0) -> NDArray[np.float64]:
    """Return `(k,)` importance weights of samples, `softmax(s * log_likelihoods)` with s up to `sharpness`.

    The likelihood of a whole batch makes one sample outweigh all others. So s is lowered until the effective number
    of samples is `ess`, of fewer than three samples until it is halfway between one and all of them (our own form).

    Args:
        log_likelihoods: `(k,)` mean log-likelihood of an image under each sample, or any score that is better the
            higher; a sample whose value is no finite number gets no weight.
        sharpness: the number of images that the likelihood is of.
        ess: the least effective number of samples; 1 lets one sample have all the weight.
    """
    values = np.asarray(log_likelihoods, dtype=np.float64)
    sound = np.isfinite(values)
    weights = np.zeros(len(values))
    if not sound.any():
        return weights
    gaps = values[sound] - values[sound].max()

    def tempered(scale: float) -> NDArray[np.float64]:
        unnormalised = np.exp(scale * gaps)
        result: NDArray[np.float64] = unnormalised / unnormalised.sum()
        return result

    least = min(ess, (1 + len(gaps)) / 2)
    low, high = 0.0, float(sharpness)
    if effective_samples(tempered(high)) < least:
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            if effective_samples(tempered(middle)) < least:
                high = middle
            else:
                low = middle
        high = low
    weights[sound] = tempered(high)
    return weights


def effective_samples(weights: ArrayLike) -> float:
    """Return the effective number of samples of `(k,)` weights that sum to one, `1 / sum(weights ** 2)`."""
    return float(1 / np.square(weights).sum())


def prior_loss(
    distribution: ArchDistribution,
    batch: Batch,
    weights: ArrayLike,
    excess: ArrayLike | None = None,
    beta: float = 1.0,
    *,
    centred: bool = False,
) -> Tensor:
    """Return the loss whose gradient makes samples the likelier, the larger their weight and the smaller their excess.

    The gradient is `sum_k (beta * c_k - w_k) grad log p(A_k)`, where `c_k` is a sample's part of the excess of all
    (none where no sample has any).

    Args:
        distribution: what is learned.
        batch: `(k, d)` samples drawn from it.
        weights: `(k,)` importance weights.
        excess: `(k,)` by how much each exceeds what it may cost.
        beta: weight of the excess.
        centred: whether 1/k is subtracted from weights and parts, which leaves less to chance and removes what all
            samples have in common, such as the constant that `log_prob` lacks where draws are repeated (our own form).
    """
    coefficients = np.array(weights, dtype=np.float64)
    if centred:
        coefficients -= coefficients.sum() / len(coefficients)
    over = None if excess is None else np.asarray(excess, dtype=np.float64)
    if over is not None and over.sum() > 0:
        parts = over / over.sum()
        coefficients -= beta * (parts - centred / len(parts))
    logs = distribution.log_prob(batch)
    return -(torch.from_numpy(coefficients).to(logs) * logs).sum()


def samples_for(entropy: float, per_nat: float, least: int = 2) -> int:
    """Return how many samples a step draws: in proportion to the entropy in nats (FP-NAS), at least a few."""
    return max(least, round(per_nat * entropy))
