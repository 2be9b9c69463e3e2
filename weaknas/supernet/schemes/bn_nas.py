"""BN-NAS: only the weights of batch normalisation are trained, which then say how good an architecture is."""

from dataclasses import dataclass
from math import prod, sqrt
from typing import Any, ClassVar, Literal

from torch import nn

from ...errors import InvalidOption
from ...spaces import NetworkSpace
from ..normalisation import norms_of
from ..supernet import Supernet
from .spos import Spos

__all__ = ["BnNas"]


@dataclass
class BnNas(Spos):
    """Single paths of which only the batch normalisation learns (Chen et al., ICCV 2021).

    Convolutions, drawn from He's normal distribution, and the classifier stay as they were drawn. The indicators
    `bn-last` and `bn-all` then compare architectures. The optimisation is that of the released code, whose learning
    rate falls in a line from 0.25 to 0.0005; Nesterov's momentum is that of all schemes here.

    Args:
        paths: as for `Spos`.
        scope: what is trained, weights and biases: `last`, of the last normalisation of each candidate of a block
            (the released code); or `all`, of all normalisations of the supernet (the paper).
    """

    scope: Literal["last", "all"] = "last"

    name: ClassVar[str] = "bn-nas"
    optimisation: ClassVar[dict[str, Any]] = {
        "learning_rate": 0.25,
        "schedule": "linear",
        "ending": 0.002,
        "warmup": 0.0,
        "clip": 5.0,
        "smoothing": 0.1,
    }

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        super().prepare(space, steps, seed)
        if self.scope not in ("last", "all"):
            raise InvalidOption(f"the scope of {self.name} is last or all, not {self.scope!r}.")

    def draw(self, supernet: Supernet) -> None:
        """Draw convolutions from He's normal distribution over their outputs."""
        for module in supernet.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=sqrt(2 / (prod(module.kernel_size) * module.out_channels)))

    def attach(self, supernet: Supernet) -> None:
        """Freeze all but the normalisation."""
        supernet.requires_grad_(False)
        for norm in norms_of(supernet) if self.scope == "all" else _last(supernet):
            norm.weight.requires_grad_(True)
            norm.bias.requires_grad_(True)


def _last(supernet: Supernet) -> list[nn.BatchNorm2d]:
    return [norms[-1].module for block in supernet.norm_blocks() for norms in block.candidates]
