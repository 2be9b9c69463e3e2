"""What a supernet is: a network that holds every architecture of a space in the same weights."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module
from inspect import signature
from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..doors import unknown
from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Batch, NetworkSpace, Space
from .normalisation import NormBlock
from .selection import Path, Selection
from .subnet import SubNet
from .views import View

__all__ = ["Supernet", "make_supernet"]


class Supernet(nn.Module, ABC):
    """All architectures of a space, with shared weights; `make_supernet` makes one.

    A family of networks subclasses it, assigns `classifier`, and gives `features`, what the classifier is given, and
    `_extract`, one architecture as a network of its own. Its options have defaults, and every family takes two:
    `zero_gamma`, whether the last normalisation of each block that has a shortcut begins as zero (BigNAS,
    AttentiveNAS; nothing where blocks have none), and `bn_momentum`, how fast running statistics follow, 0 for none.

    Args:
        space: the architectures.

    Attributes:
        space: the architectures.
        classifier: from features to logits.
        class_names: the names of the classes in the order of its outputs; None where they are not known.

    Example:
        >>> import numpy as np, torch
        >>> import weaknas
        >>> from weaknas.supernet import Path, make_supernet
        >>> space = weaknas.space("attentive-nas", classes=10)
        >>> supernet, smallest = make_supernet(space).eval(), space.from_str(["a0"])
        >>> supernet(torch.zeros(2, 3, 192, 192), Path(smallest)).shape
        torch.Size([2, 10])
        >>> sum(p.numel() for p in supernet.subnet(smallest).parameters()) == supernet.active_params(smallest)
        True
    """

    classifier: nn.Module

    def __init__(self, space: NetworkSpace) -> None:
        super().__init__()
        self.space = space
        self.class_names: tuple[str, ...] | None = None

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""
        return self.space.classes

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the blocks or cells that can have a selection of their own; see `Each`."""
        return ()

    def view(self, selection: Selection) -> View:
        """Return how modules see a selection; each block or cell looks at `view.within` its name.

        Raises:
            NotFound: it names a block or cell that there is not.
            InvalidArchitecture: a path is not in the space.
            InvalidOption: the weights of a mixture are not those of the space's choices.
        """
        view = selection.view(self.space)
        for layer in view.layers:
            if layer not in self.layers:
                raise unknown(f"layer of {self.space.name}", layer, self.layers)
        return view

    @property
    def most_features(self) -> int:
        """The largest number of features; architectures with fewer use the first columns of the classifier."""
        weight = self.classifier.weight
        assert isinstance(weight, Tensor)
        return weight.shape[1]

    @abstractmethod
    def features(self, images: Tensor, selection: Selection) -> Tensor:
        """Return the `(n, f)` numbers that the classifier is given, of `(n, 3, h, w)` images; see `forward`."""

    def outputs(self, images: Tensor, selection: Selection) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the features of a path, and `(n, c, h, w)` what each block or cell gives, by its name in `layers`.

        A block that is left out gives what it was given. A family that does not say them has none here.
        """
        return self.features(images, selection), {}

    def forward(self, images: Tensor, selection: Selection) -> Tensor:
        """Return `(n, classes)` logits of `(n, 3, h, w)` images, of one architecture or of a mixture.

        Images are brought to the architecture's resolution by bicubic interpolation.

        Raises:
            WeaknasError: the selection is none of the space; see `view`.
        """
        features = F.dropout(self.features(images, selection), selection.dropout, self.training)
        logits: Tensor = self.classifier(features)
        return logits

    def subnet(self, arch: Any) -> SubNet:
        """Return one architecture (a row, or a batch of one) as an ordinary module with copies of its weights.

        Raises:
            InvalidArchitecture: it is not in the space, or they are several.
        """
        row = self.space.validate(np.atleast_2d(arch))
        if len(row) != 1:
            raise InvalidArchitecture(f"a sub-network is a single architecture, not {len(row)}.")
        net = self._extract(row)
        net.class_names = self.class_names
        return net.train(self.training)

    @abstractmethod
    def _extract(self, arch: Batch) -> SubNet:
        """Return an architecture of the space (a batch of one) as a module; `subnet` does what all families share."""

    def pruned(self, selection: Selection) -> SubNet:
        """Return what is left of a mixture as an ordinary module with copies of its weights.

        Options of weight zero are not in it, the others have their weights as constants; so it computes what the
        supernet does with the selection, and no more than it must. It is no architecture of the space: its `arch` is
        empty.

        Raises:
            WeaknasError: the selection is none of the space, or leaves no path from input to output.
            InvalidOption: the family cannot do this.
        """
        raise InvalidOption(f"the supernet of {self.space.name} cannot take a mixture out of itself.")

    def share_features(self) -> None:
        """Let all edges that leave a node have the same operations, each computed once (EnTranNAS).

        Weights are then those of the first such edge. A family in which nothing is used in several places has nothing
        to share.
        """

    def norm_blocks(self) -> list[NormBlock]:
        """Return the normalisations of each block, or operation on an edge of a cell, in the order of the network.

        What all architectures begin and end with is not among them.

        Raises:
            InvalidOption: the family does not say them.
        """
        raise InvalidOption(f"the supernet of {self.space.name} does not say which normalisations its blocks have.")

    def norm_weights(self, arch: Any) -> list[list[Tensor]]:
        """Return the weights of the normalisations of each block that an architecture (a row) runs, in order.

        They are views of the supernet's own, which `subnet` would copy. A block without normalisation, or one that is
        left out, is not among them; see `norm_blocks`.

        Raises:
            InvalidArchitecture: it is not in the space.
            InvalidOption: the family does not say them.
        """
        view = Path(arch).view(self.space)
        weights = [block.weights(view) for block in self.norm_blocks()]
        return [block for block in weights if block]

    def active_params(self, arch: Any) -> int:
        """Return the number of parameters of one architecture (a row, or a batch of one)."""
        return int(self.space.cost(self.space.validate(np.atleast_2d(arch))).params[0])

    def sort(self, trained: Mapping[str, Sequence[str]] | None = None) -> None:
        """Bring the most important channels to the front, where smaller architectures take the first ones.

        The largest architecture computes what it did, and so do those that were trained. A family whose architectures
        do not differ in widths has nothing to sort.

        Args:
            trained: the options that were trained, by the name of the choice, all of them for one that is not named;
                None if only the largest network was.
        """


def make_supernet(space: Space, **options: Any) -> Supernet:
    """Return a supernet of a space, with random weights.

    Args:
        space: the architectures.
        options: what the family's supernet takes; see `Supernet` for what every family does.

    Raises:
        InvalidOption: there is no supernet of the space, or it does not take an option.
    """
    family = getattr(space, "supernet", None)
    if family is None:
        raise InvalidOption(f"there is no supernet of {space.name}: it is not a space of whole networks.")
    if isinstance(family, str):
        module, _, name = family.partition(":")
        family = getattr(import_module(module), name)
    takes = list(signature(family).parameters)[1:]
    if wrong := sorted(options.keys() - set(takes)):
        raise InvalidOption(f"the supernet of {space.name} has no option {wrong[0]!r}; it takes {', '.join(takes)}.")
    supernet: Supernet = family(space, **options)
    return supernet
