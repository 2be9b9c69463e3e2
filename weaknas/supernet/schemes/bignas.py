"""BigNAS: the sandwich rule and in-place distillation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from ...spaces import Batch, NetworkSpace
from ..selection import Path
from .base import Scheme, counts, rates
from .extremes import extremes
from .step import Step, distillation

__all__ = ["BigNas", "Sandwich"]


@dataclass
class Sandwich(Scheme):
    """Each step trains the largest network on the labels, then the smallest and others on what the largest predicts.

    Args:
        between: how many others a step trains.
        dropout: of the largest network, before the classifier.
        drop_connect: of the largest network; see `Path`.
    """

    between: int = 2
    dropout: float = 0.2
    drop_connect: float = 0.0

    # Running statistics are never read, and every residual branch begins as nothing.
    supernet_options: ClassVar[Mapping[str, Any]] = {"zero_gamma": True, "bn_momentum": 0.0}

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Find the largest and the smallest network."""
        counts(self, 0, "between")
        rates(self, "dropout", "drop_connect")
        self.smallest, self.largest = extremes(space)

    def step(self, step: Step) -> None:
        """Train the largest network, then the others; all gradients are added."""
        teacher = step.logits(Path(self.largest, self.dropout, self.drop_connect))
        step.backward("largest", step.hard(teacher))
        self.distil(step, "smallest", self.smallest, teacher)
        for row in self.others(step):
            self.distil(step, "between", row, teacher)

    def distil(self, step: Step, name: str, row: Batch, teacher: Tensor) -> None:
        """Train one network on the predictions of another."""
        step.backward(name, distillation(step.logits(Path(row)), teacher))

    def others(self, step: Step) -> Batch:
        """Return the architectures between the extremes that a step trains."""
        return step.supernet.space.sample(self.between, step.rng)


@dataclass
class BigNas(Sandwich):
    """The sandwich rule with random architectures, and an exponentially falling learning rate with a constant ending.

    (Yu et al., ECCV 2020.)
    """

    name: ClassVar[str] = "bignas"
    optimisation: ClassVar[Mapping[str, Any]] = {"schedule": "exponential", "weight_decay": 1e-5}
