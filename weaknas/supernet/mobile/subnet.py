"""One mobile network, extracted from a supernet."""

from collections.abc import Sequence

from torch import Tensor, nn

from ...spaces import MobileSpace
from ..resolution import resized
from ..subnet import SubNet

__all__ = ["MobileSubNet"]


class MobileSubNet(SubNet):
    """One architecture of a space of mobile networks.

    Args:
        space: as for `SubNet`.
        arch: likewise.
        resolution: likewise.
        stem: the first convolution.
        blocks: the blocks that stand, in order.
        final: the last convolution before pooling, None without.
        mix: the convolution after it, None without.
        classifier: from features to logits.
    """

    def __init__(
        self,
        space: MobileSpace,
        arch: str,
        resolution: int,
        stem: nn.Module,
        blocks: Sequence[nn.Module],
        final: nn.Module | None,
        mix: nn.Module | None,
        classifier: nn.Linear,
    ) -> None:
        super().__init__(space, arch, resolution)
        self.stem, self.blocks, self.final, self.mix = stem, nn.Sequential(*blocks), final, mix
        self.classifier = classifier

    def features(self, images: Tensor) -> Tensor:
        """Return the `(n, f)` pooled outputs of the last convolution or block."""
        x = self.blocks(self.stem(resized(images, self.resolution)))
        x = x if self.final is None else self.final(x)
        x = x.mean((2, 3), keepdim=True)
        x = x if self.mix is None else self.mix(x)
        return x.flatten(1)
