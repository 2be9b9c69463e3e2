"""FP-NAS: as many samples as the entropy asks for, and from coarse to fine."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Any, ClassVar

from ...distributions import Independent, LayerJoint, samples_for
from ...spaces import NetworkSpace
from ..supernet import Supernet
from .base import counts, positive, rates
from .parsec import Parsec

__all__ = ["FpNas"]


@dataclass
class FpNas(Parsec):
    """Fast probabilistic search (Yan et al., CVPR 2021), on top of `Parsec`.

    The number of samples is in proportion to the entropy of the distribution. First each choice has a distribution of
    its own; then each layer has one over all combinations of its choices, which begins as the same distribution. The
    cost is a hinge: the gradient of the distribution is `sum_k (beta * c_k - w_k) grad log p(A_k)`, where `c_k` is the
    sample's part of what all exceed the constraint by.

    Not known of the paper's: the least number of samples, when the distribution becomes joint, beta.

    Args:
        samples: architectures a step while all are alike. The paper's space has about 14 so.
        lam: samples a nat of entropy (the paper's lambda, 1/4); by default as many as make `samples` at the start.
        least: the least number of samples.
        switch: the share of the run after which the distribution is joint; 1 keeps it as it is.
    """

    samples: int = 14
    lam: float | None = None
    least: int = 2
    switch: float = 0.5

    name: ClassVar[str] = "fp-nas"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options, and that a joint distribution is not too large."""
        super().prepare(space, steps, seed)
        counts(self, 2, "least")
        if self.switch != 1:
            rates(self, "switch")
            LayerJoint(space)
        if self.lam is not None:
            positive(self, "lam")
        self._per_nat = self.lam or self.samples / sum(log(len(choice.options)) for choice in space.choices)
        self._joins = round(self.switch * steps) if self.switch < 1 else steps

    def count(self) -> int:
        """Return as many as the entropy asks for."""
        return samples_for(self.distribution.entropy().item(), self._per_nat, self.least)

    def arch_begin(self, number: int) -> bool:
        """Go over to the joint distribution; a run that was made longer may have done so before."""
        if number != self._joins or not isinstance(self.distribution, Independent):
            return False
        self.distribution = LayerJoint.from_independent(self.distribution)
        return True

    def state(self) -> dict[str, Any]:
        """Return whether the distribution is joint."""
        return {"joint": isinstance(self.distribution, LayerJoint)}

    def restore(self, state: Mapping[str, Any], supernet: Supernet) -> None:
        """Take the kind of the distribution back."""
        self.distribution = LayerJoint(self.space) if state["joint"] else Independent(self.space)
