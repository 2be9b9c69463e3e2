"""SPOS: one random path a step."""

from dataclasses import dataclass
from typing import ClassVar

from ...spaces import NetworkSpace
from ..selection import Path
from .base import Scheme, counts
from .step import Step

__all__ = ["Spos"]


@dataclass
class Spos(Scheme):
    """Uniform sampling of single paths (Guo et al., ECCV 2020).

    Args:
        paths: architectures a step; more than one is the accumulation of their gradients, divided by their number.
    """

    paths: int = 1

    name: ClassVar[str] = "spos"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        counts(self, 1, "paths")

    def step(self, step: Step) -> None:
        """Train random architectures on the labels."""
        for row in step.supernet.space.sample(self.paths, step.rng):
            step.backward("loss", step.hard(step.logits(Path(row))), 1 / self.paths)
