"""What is extracted from a supernet: ordinary modules without anything elastic in them."""

from collections import OrderedDict
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from ..spaces import MobileSpace

__all__ = ["Inverted", "PooledShortcut", "Squeeze", "SubNet", "conv_norm_act", "pooled", "resized"]


def resized(images: Tensor, side: int) -> Tensor:
    """Return `(n, c, side, side)` images, by bicubic interpolation where they have another size."""
    if images.shape[-1] == side and images.shape[-2] == side:
        return images
    return F.interpolate(images, size=side, mode="bicubic")


def pooled(x: Tensor) -> Tensor:
    """Return the means of 2x2 pixels, with a border of zeros on sides of odd length (AttentiveNAS)."""
    return F.avg_pool2d(x, 2, padding=x.shape[-1] % 2)


def conv_norm_act(conv: nn.Conv2d, bn: nn.BatchNorm2d | None, act: nn.Module | None) -> nn.Sequential:
    """Return the layers there are, one after the other."""
    layers = {"conv": conv, "bn": bn, "act": act}
    return nn.Sequential(OrderedDict((name, layer) for name, layer in layers.items() if layer is not None))


class Squeeze(nn.Module):
    """Squeeze and excitation (Hu et al., CVPR 2018) with a hard sigmoid."""

    def __init__(self, reduce: nn.Conv2d, act: nn.Module, expand: nn.Conv2d) -> None:
        super().__init__()
        self.reduce, self.act, self.expand = reduce, act, expand

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, c, h, w)`, each channel scaled."""
        return x * F.hardsigmoid(self.expand(self.act(self.reduce(x.mean((2, 3), keepdim=True)))))


class PooledShortcut(nn.Module):
    """The input pooled by a stride and projected to other channels, where either is needed."""

    def __init__(self, stride: int, conv: nn.Conv2d | None) -> None:
        super().__init__()
        self.stride, self.conv = stride, conv

    def forward(self, x: Tensor) -> Tensor:
        """Return what is added to a block's result."""
        x = pooled(x) if self.stride == 2 else x
        return x if self.conv is None else self.conv(x)


class Inverted(nn.Module):
    """An inverted bottleneck and its shortcut."""

    def __init__(
        self,
        expand: nn.Module | None,
        depthwise: nn.Module,
        se: nn.Module | None,
        project: nn.Module,
        shortcut: nn.Module | None,
    ) -> None:
        super().__init__()
        self.expand, self.depthwise, self.se, self.project = expand, depthwise, se, project
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return `(n, c_out, h, w)`."""
        y = x if self.expand is None else self.expand(x)
        y = self.depthwise(y)
        y = y if self.se is None else self.se(y)
        y = self.project(y)
        return y if self.shortcut is None else y + self.shortcut(x)


class SubNet(nn.Module):
    """One architecture of a space.

    Images of another size are brought to its resolution.

    Attributes:
        space: the space.
        arch: the architecture's text.
        resolution: height and width of its images.
        dropout: dropout before the classifier, off unless its `p` is set.
        class_names: the names of the classes in the order of its outputs; None where they are not known.
    """

    def __init__(
        self,
        space: MobileSpace,
        arch: str,
        resolution: int,
        stem: nn.Module,
        blocks: Sequence[nn.Module],
        final: nn.Module,
        mix: nn.Module | None,
        classifier: nn.Linear,
    ) -> None:
        super().__init__()
        self.space, self.arch, self.resolution = space, arch, resolution
        self.stem, self.blocks, self.final, self.mix = stem, nn.Sequential(*blocks), final, mix
        self.dropout = nn.Dropout(0.0)
        self.classifier = classifier
        self.class_names: tuple[str, ...] | None = None

    def forward(self, images: Tensor) -> Tensor:
        """Return `(n, classes)` logits of `(n, 3, h, w)` images."""
        x = self.final(self.blocks(self.stem(resized(images, self.resolution))))
        x = x.mean((2, 3), keepdim=True)
        x = x if self.mix is None else self.mix(x)
        return self.classifier(self.dropout(x.flatten(1)))
