"""The supernet of a space of mobile networks."""

from collections.abc import Mapping, Sequence
from math import sqrt

from torch import Tensor, nn

from ...spaces import Batch, MobileSpace
from ..resolution import resized
from ..selection import Path, Selection, View
from ..supernet import Supernet
from .blocks import ElasticBlock, ElasticConv, ElasticInverted
from .elastic_layers import ElasticLinear
from .sorting import sort_channels
from .subnet import MobileSubNet

__all__ = ["MobileSupernet"]


class MobileSupernet(Supernet):
    """All architectures of a space of mobile networks.

    Args:
        space: the architectures.
        zero_gamma: whether the last normalisation of each block that has a shortcut begins as zero (BigNAS,
            AttentiveNAS).
        bn_momentum: how fast running statistics follow; 0 keeps none (AttentiveNAS).
    """

    space: MobileSpace

    def __init__(self, space: MobileSpace, *, zero_gamma: bool = False, bn_momentum: float = 0.1) -> None:
        super().__init__(space)
        network = space.network
        self.stem = ElasticConv.of(network.stem)
        last = max(block.stage for block in network.blocks)
        self.blocks = nn.ModuleList(
            ElasticBlock(block, place / len(network.blocks) if block.stage >= last - 1 else 0.0)
            for place, block in enumerate(network.blocks)
        )
        self.final = ElasticConv.of(network.final)
        self.mix = None if network.mix is None else ElasticConv.of(network.mix)
        self.classifier: ElasticLinear = ElasticLinear(network.features.largest, network.classes)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = bn_momentum
        if not self.stem.conv.weight.is_meta:  # without memory there is nothing to draw
            _initialise(self, zero_gamma)

    def features(self, images: Tensor, selection: Selection) -> Tensor:
        """Return the `(n, f)` pooled outputs of the last convolution; in a mixture of resolutions, mixed."""
        view = selection.view(self.space)
        network = self.space.network
        features = view.blend(network.resolution, lambda side: self._pooled(resized(images, side), view))
        return images.new_zeros(len(images), network.features.largest) if features is None else features

    def _pooled(self, x: Tensor, view: View) -> Tensor:
        x = self.stem(x, view)
        for block in self.blocks:
            x = block(x, view)
        x = self.final(x, view).mean((2, 3), keepdim=True)
        x = x if self.mix is None else self.mix(x, view)
        return x.flatten(1)

    def _extract(self, arch: Batch) -> MobileSubNet:
        view = Path(arch).view(self.space)
        network = self.space.network
        blocks = [block.extract(view) for block in self.blocks if isinstance(block, ElasticBlock)]
        return MobileSubNet(
            self.space,
            self.space.to_str(arch)[0],
            view.size(network.resolution),
            self.stem.extract(view),
            [block for block in blocks if block is not None],
            self.final.extract(view),
            None if self.mix is None else self.mix.extract(view),
            self.classifier.extract(view.size(network.features)),
        )

    def sort(self, trained: Mapping[str, Sequence[str]] | None = None) -> None:
        """Order the channels inside each block; see `sort_channels`."""
        sort_channels(self, self.space, trained)


def _initialise(supernet: MobileSupernet, zero_gamma: bool) -> None:
    """Draw convolutions from He's normal distribution over their outputs, and the classifier from a narrow one."""
    for module in supernet.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=sqrt(2 / (module.kernel_size[0] ** 2 * module.out_channels)))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)
        elif isinstance(module, ElasticInverted) and zero_gamma and module.has_shortcut:
            assert module.project.bn is not None
            nn.init.zeros_(module.project.bn.weight)
