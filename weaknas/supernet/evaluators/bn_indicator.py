"""BN-NAS: how large the weights of an architecture's batch normalisation are."""

from typing import Literal

import torch

from ...errors import InvalidOption
from ...spaces import Batch
from ..supernet import Supernet
from .base import Indicator

__all__ = ["BnIndicator"]

Scope = Literal["last", "all"]


class BnIndicator(Indicator):
    """The sum over an architecture's blocks of the mean absolute batch-norm weight (Chen et al., ICCV 2021).

    No network is made and no image is read: the weights are looked up in the supernet. A block that is left out adds
    nothing.

    Args:
        supernet: the weights; the published ones trained nothing but batch normalisation.
        scope: `last`, the normalisation that each block ends with (the released code), or `all` of a block (the
            paper), each of which then adds its mean.

    Raises:
        InvalidOption: there is no such scope.
    """

    def __init__(self, supernet: Supernet, scope: Scope = "last") -> None:
        if scope not in ("last", "all"):
            raise InvalidOption(f"the scope of the batch-norm indicator is last or all, not {scope!r}.")
        self.supernet, self.scope = supernet, scope
        self.name = f"bn-{scope}"  # type: ignore[misc]

    @torch.no_grad()
    def score(self, arch: Batch) -> float:
        """Return the indicator of one architecture."""
        blocks = self.supernet.norm_weights(arch)
        if self.scope == "last":
            blocks = [block[-1:] for block in blocks]
        means = [weight.abs().mean() for block in blocks for weight in block]
        return float(torch.stack(means).double().sum()) if means else 0.0
