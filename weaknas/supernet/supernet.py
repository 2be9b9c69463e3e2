"""A network that holds every architecture of a space in the same weights."""

from math import sqrt
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..spaces import MobileSpace
from .blocks import ElasticBlock, ElasticConv, ElasticInverted
from .elastic import ElasticLinear
from .plain import SubNet, resized
from .selection import Path, Selection, View

__all__ = ["Supernet"]


class Supernet(nn.Module):
    """All architectures of a space, with shared weights.

    Args:
        space: the architectures.
        zero_gamma: whether the last normalisation of each block that has a shortcut begins as zero (BigNAS,
            AttentiveNAS).
        bn_momentum: how fast running statistics follow; 0 keeps none (AttentiveNAS).

    Attributes:
        space: the architectures.
        class_names: the names of the classes in the order of its outputs; None where they are not known.

    Example:
        >>> import numpy as np, torch
        >>> import weaknas
        >>> from weaknas.supernet import Path, Supernet
        >>> space = weaknas.space("attentive-nas", classes=10)
        >>> supernet, smallest = Supernet(space).eval(), space.from_str(["a0"])
        >>> supernet(torch.zeros(2, 3, 192, 192), Path(smallest)).shape
        torch.Size([2, 10])
        >>> sum(p.numel() for p in supernet.subnet(smallest).parameters()) == supernet.active_params(smallest)
        True
    """

    def __init__(self, space: MobileSpace, *, zero_gamma: bool = False, bn_momentum: float = 0.1) -> None:
        super().__init__()
        self.space = space
        self.class_names: tuple[str, ...] | None = None
        network = space.network
        self.stem = ElasticConv.of(network.stem)
        last = max(block.stage for block in network.blocks)
        self.blocks = nn.ModuleList(
            ElasticBlock(block, place / len(network.blocks) if block.stage >= last - 1 else 0.0)
            for place, block in enumerate(network.blocks)
        )
        self.final = ElasticConv.of(network.final)
        self.mix = None if network.mix is None else ElasticConv.of(network.mix)
        self.classifier = ElasticLinear(network.features.largest, network.classes)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = bn_momentum
        if not self.stem.conv.weight.is_meta:  # without memory there is nothing to draw
            _initialise(self, zero_gamma)

    def forward(self, images: Tensor, selection: Selection) -> Tensor:
        """Return `(n, classes)` logits of `(n, 3, h, w)` images, of one architecture or of a mixture.

        Images are brought to the architecture's resolution by bicubic interpolation. In a mixture of resolutions the
        logits are mixed.
        """
        view = selection.view(self.space)
        logits = view.blend(self.space.network.resolution, lambda side: self._logits(resized(images, side), view))
        return images.new_zeros(len(images), self.space.network.classes) if logits is None else logits

    def _logits(self, x: Tensor, view: View) -> Tensor:
        x = self.stem(x, view)
        for block in self.blocks:
            x = block(x, view)
        x = self.final(x, view).mean((2, 3), keepdim=True)
        x = x if self.mix is None else self.mix(x, view)
        return self.classifier(F.dropout(x.flatten(1), view.dropout, self.training))

    def subnet(self, arch: Any) -> SubNet:
        """Return one architecture (a row, or a batch of one) as an ordinary module with copies of its weights.

        Raises:
            InvalidArchitecture: it is not in the space.
        """
        view = Path(arch).view(self.space)
        network = self.space.network
        blocks = [block.extract(view) for block in self.blocks if isinstance(block, ElasticBlock)]
        plain = SubNet(
            self.space,
            self.space.to_str(np.atleast_2d(arch))[0],
            view.size(network.resolution),
            self.stem.extract(view),
            [block for block in blocks if block is not None],
            self.final.extract(view),
            None if self.mix is None else self.mix.extract(view),
            self.classifier.extract(view.size(network.features)),
        )
        plain.class_names = self.class_names
        return plain.train(self.training)

    def active_params(self, arch: Any) -> int:
        """Return the number of parameters of one architecture (a row, or a batch of one)."""
        return int(self.space.cost(self.space.validate(np.atleast_2d(arch))).params[0])


def _initialise(supernet: Supernet, zero_gamma: bool) -> None:
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
