"""DMaskingNAS (FBNetV2): a mixture of all architectures, in the memory of the largest."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any, ClassVar, Literal

from torch import Tensor

from ...distributions import Gumbel
from ...errors import InvalidOption
from ...spaces import NetworkSpace
from ..selection import Mix
from .base import positive
from .searching import Searching
from .step import Step

__all__ = ["DMasking"]

_COOLING = exp(-0.045 * 90)  # FBNet's, an epoch, in as many epochs


@dataclass
class DMasking(Searching):
    """Differentiable masking (Wan et al., CVPR 2020).

    A step trains a mixture of all architectures by weights that Gumbel noise relaxes: widths are masks on the channels
    of the widest, so that one convolution computes them all, and smaller resolutions are shares of the positions of
    one map. What networks cost is reckoned by expected shapes. Weights and distribution learn in turn, each on images
    of its own, the latter not at first.

    The numbers are FBNet's and FBNetV2's as recollected, not checked against the papers' text: temperature from 5 by
    exp(-0.045) an epoch for 90 epochs (here by the share of the run that has passed), a fifth of the images, the first
    10 of 90 epochs frozen, Adam's rates, the form of the loss. The hinge on a constraint is our own.

    Args:
        temperature: of the Gumbel weights at first.
        cooling: what it is multiplied by in the whole run.
        cost: what is regularised without a constraint, `macs` or `params`.
        alpha: weight of the regulariser `alpha * log(cost) ** power`, used where there is no constraint.
        power: see `alpha`.
        form: whether the regulariser is multiplied by the loss, as in FBNet, or added to it.
    """

    arch_decay: float = 5e-4
    arch_share: float = 0.2
    frozen: float = 0.11
    temperature: float = 5.0
    cooling: float = _COOLING
    cost: Literal["macs", "params"] = "macs"
    alpha: float = 0.2
    power: float = 0.6
    form: Literal["multiply", "add"] = "multiply"

    name: ClassVar[str] = "dmasking"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        super().prepare(space, steps, seed)
        positive(self, "temperature", "cooling", "power")
        positive(self, "alpha", zero=True)
        if self.cooling > 1:
            raise InvalidOption(f"cooling of {self.name} is a factor from above 0 to 1, not {self.cooling!r}.")
        words: dict[str, tuple[str, ...]] = {"cost": ("macs", "params"), "form": ("multiply", "add")}
        for name, known in words.items():
            if getattr(self, name) not in known:
                raise InvalidOption(f"{name} of {self.name} is {' or '.join(known)}, not {getattr(self, name)!r}.")

    def make_distribution(self) -> Gumbel:
        """Return a categorical distribution for each choice, with relaxed draws."""
        return Gumbel(self.space, self.temperature)

    def train_weights(self, step: Step) -> None:
        """Train the weights of a mixture."""
        step.backward("loss", step.hard(step.logits(Mix(self._weights(step)))))

    def arch_step(self, step: Step) -> None:
        """Train the distribution on the loss of a mixture and what it costs."""
        weights = self._weights(step)
        loss = step.hard(step.logits(Mix(weights)))
        step.backward("arch_loss", self._regularised(loss, weights))
        step.log("temperature", self._temperature(step))
        self.log_search(step)

    def _weights(self, step: Step) -> Mapping[str, Tensor]:
        """Return drawn weights, of the temperature that the step's number decides."""
        assert isinstance(self.distribution, Gumbel)
        self.distribution.temperature.fill_(self._temperature(step))
        return self.distribution.weights(step.rng)

    def _temperature(self, step: Step) -> float:
        return self.temperature * self.cooling ** (step.number / self.steps)

    def _regularised(self, loss: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the loss with the hinge on the constraint, or without one as FBNet regularises it."""
        if self.target.bounds:
            return loss + self.hinge(weights)
        value: Any = getattr(self.space.expected_cost(weights), self.cost)
        regulariser = self.alpha * value.log() ** self.power
        return loss * regulariser if self.form == "multiply" and self.alpha else loss + regulariser
