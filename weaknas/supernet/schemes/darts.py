"""DARTS: a mixture of all options by their probabilities, and weights and architectures in turn."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch.optim import Optimizer

from ...distributions import Independent
from ...spaces import Batch
from ..selection import Mix, Selection
from ..supernet import Supernet
from .searching import Searching, freeze_norms
from .step import Step

__all__ = ["BETAS", "Darts"]

_SPREAD = 1e-3  # of the logits to begin with
BETAS = (0.5, 0.999)
"""Of Adam, for the probabilities."""


@dataclass
class Darts(Searching):
    """Differentiable architecture search of the first order (Liu, Simonyan and Yang, ICLR 2019).

    A step runs the mixture of all options, each weighted by its probability, and has the memory of all of them. The
    weights learn on one half of the images and the probabilities on the other, in turn, the latter by the gradient at
    the present weights: not through a step of the weights, which would be the second order. Scale and shift of batch
    normalisation stay as they begin.

    What is found is what the space itself makes of probabilities (`Space.strongest`): in a space of DARTS's edges the
    two inputs of each node whose best operation, `none` left out, is the most probable, elsewhere the most probable
    option of each choice.

    The numbers are the paper's and its code's as recollected, not checked against them: Adam for the probabilities
    with rate 3e-4, betas (0.5, 0.999) and weight decay 1e-3, logits that begin as normal noise of 1e-3 (here drawn by
    the run's seed), halves of the images, nothing frozen at first. The hinge on a constraint is our own.
    """

    arch_rate: float = 3e-4
    arch_decay: float = 1e-3
    frozen: float = 0.0

    name: ClassVar[str] = "darts"

    def make_distribution(self) -> Independent:
        """Return a categorical distribution for each choice, nearly uniform."""
        return self.nearly_uniform(Independent(self.space))

    def nearly_uniform(self, distribution: Independent) -> Independent:
        """Return a distribution with logits of a little noise, by which no two options are quite alike."""
        with torch.no_grad():
            distribution.logits.normal_(std=_SPREAD, generator=torch.Generator().manual_seed(self.seed))
        return distribution

    def attach(self, supernet: Supernet) -> None:
        """Freeze the normalisations, and make the distribution."""
        freeze_norms(supernet)
        super().attach(supernet)

    def arch_optimizer(self) -> Optimizer:
        """Return Adam, as DARTS has it."""
        rate, decay = self.arch_rate, self.arch_decay
        return torch.optim.Adam(self.distribution.parameters(), lr=rate, betas=BETAS, weight_decay=decay)

    def selection(self) -> Selection:
        """Return the mixture that steps run."""
        return Mix(self.distribution.weights())

    def train_weights(self, step: Step) -> None:
        """Train the weights of the mixture."""
        step.backward("loss", step.hard(step.logits(self.selection())))

    def arch_step(self, step: Step) -> None:
        """Train the probabilities on the loss of the mixture, and on what it costs more than it may."""
        loss = step.hard(step.logits(self.selection()))
        step.backward("arch_loss", loss + self.hinge(self.distribution.weights()))
        self.log_search(step)

    def mode(self) -> Batch:
        """Return what the space makes of the probabilities.

        Raises:
            InvalidArchitecture: that is no architecture.
        """
        return self.space.strongest({name: weight.cpu().numpy() for name, weight in self.weights().items()})
