"""Which normalisations an architecture has, told once for all of them."""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from ..spaces import Elastic
from .views import PathView

__all__ = ["Norm", "NormBlock", "norms_of"]


class Norm(NamedTuple):
    """A batch normalisation with weights.

    Attributes:
        module: all its channels.
        channels: how many of them, the first ones, an architecture has.
    """

    module: nn.BatchNorm2d
    channels: Elastic


class NormBlock(NamedTuple):
    """A part of a network that one of several candidates stands for: a block, or the operation on an edge of a cell.

    Attributes:
        candidates: the normalisations of each candidate, in the order in which it runs them.
        chosen: the place of the one that stands there; -1 for one that has no normalisation, or none at all.
    """

    candidates: tuple[tuple[Norm, ...], ...]
    chosen: Elastic

    def weights(self, view: PathView) -> list[Tensor]:
        """Return the weights of one architecture, views of the supernet's own."""
        place = view.size(self.chosen)
        norms = () if place < 0 else self.candidates[place]
        return [norm.module.weight[: view.size(norm.channels)] for norm in norms]


def norms_of(module: nn.Module) -> Iterator[nn.BatchNorm2d]:
    """Yield the batch normalisations within a module that have weights, in order."""
    return (norm for norm in module.modules() if isinstance(norm, nn.BatchNorm2d) and norm.affine)
