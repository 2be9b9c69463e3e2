"""A scheme of training in a plain file: it searches while it trains (after PARSEC: Casale et al., 2019).

weaknas supernet train space.toml IMAGES --scheme docs/examples/importance.py:Importance --out run
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from weaknas.distributions import Independent
from weaknas.spaces import Batch, NetworkSpace
from weaknas.supernet import Path, Supernet
from weaknas.supernet.schemes import Scheme, Step, counts, rates


@dataclass
class Importance(Scheme):
    """Draws paths, trains their weights alike, and makes those likelier that explain other images better.

    Args:
        samples: paths a step.
        sharpness: how much likelier a path with a loss smaller by 1 is taken to be, as a logarithm.
        frozen: the share of the run in which only the weights learn.
        arch_share: the share of the images that paths are compared on.
    """

    samples: int = 4
    sharpness: int = 20
    frozen: float = 0.2
    arch_share: float = 0.3

    name: ClassVar[str] = "importance"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        counts(self, 2, "samples")
        counts(self, 1, "sharpness")
        rates(self, "frozen", "arch_share")
        self._first = round(self.frozen * steps)

    def attach(self, supernet: Supernet) -> None:
        """Begin with all architectures alike."""
        self.prior = Independent(supernet.space)

    def modules(self) -> Mapping[str, nn.Module]:
        """Return what is kept with the run."""
        return {"prior": self.prior}

    def arch_optimizer(self) -> torch.optim.Optimizer:
        """Return what changes the prior."""
        return torch.optim.Adam(self.prior.parameters(), lr=0.05)

    def searches(self, number: int) -> bool:
        """Leave the prior as it is at first: fresh weights say nothing of architectures."""
        return number >= self._first

    def step(self, step: Step) -> None:
        """Train the weights of some paths."""
        for row in self.prior.sample(self.samples, step.rng):
            step.backward("loss", step.hard(step.logits(Path(row))), 1 / self.samples)

    def arch_step(self, step: Step) -> None:
        """Make paths the likelier, the better they explain images that no weight learns from."""
        rows = self.prior.sample(self.samples, step.rng)
        with torch.no_grad():
            losses = step.mean(torch.stack([step.hard(step.logits(Path(row))) for row in rows]))
            weights = (-self.sharpness * losses).softmax(0)
        step.backward("arch_loss", -(weights * self.prior.log_prob(rows)).sum())
        step.log("entropy", self.prior.entropy())
        step.log("effective_samples", 1 / weights.square().sum())

    def derive(self) -> Batch:
        """Return the likeliest architecture."""
        return self.prior.mode()
