"""PARSEC: empirical Bayes over architectures."""

import warnings
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from ...distributions import Independent, effective_samples, importance, prior_loss
from ...spaces import Batch, NetworkSpace
from ..selection import Path
from .base import counts, positive
from .searching import Searching
from .step import Step

__all__ = ["Parsec"]

_COLLAPSED = 1.05  # effective samples: one of several has nearly all the weight


class Samples(NamedTuple):
    """Architectures drawn in a step, each run once however often it was drawn.

    Attributes:
        rows: `(n, d)` the different ones.
        which: `(k,)` which of them each sample is.
        logs: `(k,)` the mean log-likelihood of an image under each sample.
    """

    rows: Batch
    which: NDArray[np.intp]
    logs: NDArray[np.float64]


@dataclass
class Parsec(Searching):
    """Importance-weighted samples (Casale, Gordon and Fusi, arXiv 1902.05116).

    A step draws architectures from a categorical distribution for each choice. Their weights are their likelihoods of
    the batch, normalised over the samples. By these the gradients of the supernet's weights are averaged; on images of
    its own, the distribution is made to give samples of larger weight a larger probability. One architecture is run at
    a time, so that the number of samples costs no memory. What is found is the likeliest option of each choice.

    Our own form: likelihoods are tempered where they leave fewer than `ess` effective samples (of fewer than three:
    halfway between one and all), and centred in the gradient of the distribution, which finds better architectures
    in every case of docs/results/sampling.md; an architecture that is drawn twice is run once. The hinge on cost is
    FP-NAS's, its beta and `strict` are ours.

    Args:
        samples: architectures a step.
        ess: the least effective number of samples.
        centred: whether 1/k is subtracted from the weights in the distribution's gradient; see `prior_loss`.
        strict: whether samples that exceed the constraint have no weight in the distribution's gradient; where all
            exceed it, those that do so least have all of it. With the hinge alone a distribution may settle far above
            its constraint: where all samples exceed it, their parts of the excess differ little.
    """

    samples: int = 16
    beta: float = 0.3
    ess: float = 2.0
    centred: bool = True
    strict: bool = True

    name: ClassVar[str] = "parsec"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        super().prepare(space, steps, seed)
        counts(self, 2, "samples")
        positive(self, "ess")
        self._warned = False

    def make_distribution(self) -> Independent:
        """Return a categorical distribution for each choice."""
        return Independent(self.space)

    def count(self) -> int:
        """Return how many architectures a step draws."""
        return self.samples

    def train_weights(self, step: Step) -> None:
        """Train the weights of the samples by how well they explain the batch."""
        samples = self._draw(step)
        weights = importance(samples.logs, step.batch, self.ess)
        shares = np.bincount(samples.which, weights)  # of each different architecture, by all its samples
        for row, share in zip(samples.rows, shares.tolist(), strict=True):
            step.backward("loss", step.hard(step.logits(Path(row))), share)
        step.log("train_samples", len(samples.which))
        step.log("train_different", len(samples.rows))

    def arch_step(self, step: Step) -> None:
        """Make samples the likelier, the better they explain images that no weight learns from."""
        samples = self._draw(step)
        rows = samples.rows[samples.which]
        excess = self.target.excess(self.space.cost(rows))
        weights = self._within(samples, excess, step.batch)
        loss = prior_loss(self.distribution, rows, weights, excess, self.beta, centred=self.centred)
        step.backward("arch_loss", loss)
        step.log("samples", len(rows))
        step.log("different", len(samples.rows))
        step.log("within", float((excess == 0).mean()))
        step.log("effective_samples", effective_samples(weights))
        self._warn(weights, int((excess == 0).sum()))
        self.log_search(step)

    def _within(self, samples: Samples, excess: NDArray[np.float64], images: int) -> NDArray[np.float64]:
        """Return the weights of the samples that keep to the constraint; where none does, of those nearest to it."""
        worth = samples.logs
        if self.strict and (excess > 0).any():
            worth = -excess if (excess > 0).all() else np.where(excess > 0, np.nan, worth)
        return importance(worth, images, self.ess)

    @torch.no_grad()
    def _draw(self, step: Step) -> Samples:
        """Return samples and how well they explain the batch; the same on all processes."""
        drawn = self.distribution.sample(self.count(), step.rng)
        _, first, which = np.unique(self.space.code(drawn), return_index=True, return_inverse=True)
        rows = drawn[first]
        logs = torch.stack([-F.cross_entropy(step.logits(Path(row)), step.labels) for row in rows])
        known = step.mean(logs).double().cpu().numpy()
        return Samples(rows, which, known[which])

    def _warn(self, weights: NDArray[np.float64], within: int) -> None:
        """Say once that one of several samples that keep to the constraint decides alone."""
        if within > 1 and effective_samples(weights) < _COLLAPSED and not self._warned:
            self._warned = True
            warnings.warn(
                f"one of {len(weights)} samples of {self.name} has nearly all the weight, so that chance decides "
                f"what is found; raise ess (it is {self.ess:g}) to 2, or take more samples.",
                stacklevel=2,
            )
