"""What is extracted from a supernet: one architecture, as an ordinary module."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from ..spaces import NetworkSpace

__all__ = ["SubNet"]


class SubNet(nn.Module, ABC):
    """One architecture of a space, in layers that are nothing but torch's own.

    A family subclasses it, assigns `classifier` and gives `features`. Images of another size are brought to its
    resolution.

    Args:
        space: the space.
        arch: the architecture's text.
        resolution: height and width of its images.

    Attributes:
        space: the space.
        arch: the architecture's text.
        resolution: height and width of its images.
        classifier: from features to logits.
        dropout: dropout before the classifier, off unless its `p` is set.
        class_names: the names of the classes in the order of its outputs; None where they are not known.
    """

    classifier: nn.Module

    def __init__(self, space: NetworkSpace, arch: str, resolution: int) -> None:
        super().__init__()
        self.space, self.arch, self.resolution = space, arch, resolution
        self.dropout = nn.Dropout(0.0)
        self.class_names: tuple[str, ...] | None = None

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """Return the `(n, f)` numbers that the classifier is given, of `(n, 3, h, w)` images."""

    def forward(self, images: Tensor) -> Tensor:
        """Return `(n, classes)` logits of `(n, 3, h, w)` images."""
        logits: Tensor = self.classifier(self.dropout(self.features(images)))
        return logits
