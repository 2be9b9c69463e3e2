"""The supernet of a space of mobile networks."""

from collections.abc import Mapping, Sequence
from math import sqrt

import torch
from torch import Tensor, nn

from ...spaces import Batch, MobileSpace
from ...spaces.mobile.layers import Block, Conv
from ..hooks import results_of
from ..normalisation import NormBlock
from ..resolution import resized, shared
from ..selection import Path, Selection
from ..supernet import Supernet
from ..views import weighted
from .blocks import ElasticBlock, ElasticInverted
from .elastic_layers import ElasticConv, ElasticLinear
from .resnest import ElasticBottleneck, ElasticDeepStem
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
        stem = network.stem
        self.stem = ElasticConv.of(stem) if isinstance(stem, Conv) else ElasticDeepStem(stem)
        last = max(block.stage for block in network.blocks)
        self.blocks = nn.ModuleList(
            ElasticBlock(block, name, place / len(network.blocks) if block.stage >= last - 1 else 0.0)
            for place, (name, block) in enumerate(zip(_names(network.blocks), network.blocks, strict=True))
        )
        self.final = None if network.final is None else ElasticConv.of(network.final)
        self.mix = None if network.mix is None else ElasticConv.of(network.mix)
        self.classifier: ElasticLinear = ElasticLinear(network.features.largest, network.classes)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = bn_momentum
        if not self.classifier.weight.is_meta:  # without memory there is nothing to draw
            _initialise(self, zero_gamma)

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the blocks: `2.1` is the first of stage 2."""
        return tuple(block.name for block in self.blocks if isinstance(block, ElasticBlock))

    def features(self, images: Tensor, selection: Selection) -> Tensor:
        """Return the `(n, f)` pooled outputs of the last convolution or block."""
        view = self.view(selection)
        network = self.space.network
        resolutions = view.options(network.resolution)
        if not resolutions:
            return images.new_zeros(len(images), network.features.largest)
        weights = [weight for _, weight in resolutions]
        maps = [resized(images, side) for side, _ in resolutions]
        for layer in (self.stem, *self.blocks):
            maps = shared([layer(x, view) for x in maps], weights)
        # Each resolution is pooled over its own positions.
        last = maps if self.final is None else [self.final(x, view) for x in maps]
        pooled = [x.mean((2, 3), keepdim=True) for x in last]
        mixed = torch.stack([weighted(x, weight) for x, weight in zip(pooled, weights, strict=True)]).sum(0)
        mixed = mixed if self.mix is None else self.mix(mixed, view)
        return mixed.flatten(1)

    def outputs(self, images: Tensor, selection: Selection) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the features, and the outputs of the blocks; see `Supernet.outputs`."""
        with results_of(dict(zip(self.layers, self.blocks, strict=True))) as maps:
            features = self.features(images, selection)
        return features, maps

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
            None if self.final is None else self.final.extract(view),
            None if self.mix is None else self.mix.extract(view),
            self.classifier.extract(view.size(network.features)),
        )

    def norm_blocks(self) -> list[NormBlock]:
        """Return the normalisations of each block's candidates, that after the projection last."""
        return [block.norms() for block in self.blocks if isinstance(block, ElasticBlock)]

    def sort(self, trained: Mapping[str, Sequence[str]] | None = None) -> None:
        """Order the channels inside each block; see `sort_channels`."""
        sort_channels(self, self.space, trained)


def _names(blocks: Sequence[Block]) -> list[str]:
    """Return the stage of each block, and its number within it, as the names of its own choices have them."""
    stages = [block.stage for block in blocks]
    return [f"{stage}.{stages[: place + 1].count(stage)}" for place, stage in enumerate(stages)]


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
        elif zero_gamma and isinstance(module, ElasticInverted | ElasticBottleneck) and module.has_shortcut:
            assert module.project.bn is not None
            nn.init.zeros_(module.project.bn.weight)
