"""Which part of a supernet runs: one architecture, a mixture of all of them, or each in its own blocks."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Space
from .views import MixView, PathView, View

__all__ = ["Each", "Mix", "Path", "Selection", "active_options", "onehot"]


class Selection(ABC):
    """Which part of a supernet runs.

    Attributes:
        dropout: rate of dropout before the classifier, in training.
    """

    dropout: float

    @abstractmethod
    def view(self, space: Space) -> View:
        """Return the selection within a space.

        Raises:
            InvalidArchitecture: the architecture is not in the space.
            InvalidOption: the weights are not those of the space's choices.
        """


class Path(Selection):
    """One architecture.

    Args:
        arch: `(d,)` row of the space, or a batch of one.
        dropout: rate of dropout before the classifier, in training.
        drop_connect: in training, the rate at which a block is left out of the sum with its own input, sample by
            sample; only in the last two stages, and in proportion to the block's place in the network
            (AttentiveNAS, for its largest network only).
    """

    def __init__(self, arch: Any, dropout: float = 0.0, drop_connect: float = 0.0) -> None:
        self.arch = np.atleast_2d(np.asarray(arch))
        self.dropout, self.drop_connect = dropout, drop_connect

    def view(self, space: Space) -> PathView:
        """Return the architecture's view."""
        rows = space.validate(self.arch)
        if len(rows) != 1:
            raise InvalidArchitecture(f"a path is a single architecture, not {len(rows)}.")
        picked = dict(zip((choice.name for choice in space.choices), rows[0].tolist(), strict=True))
        return PathView(picked, self.drop_connect)


class Mix(Selection):
    """A mixture of all architectures.

    Widths are masks on the largest, kernels are summed in the filters, candidate layers and blocks passed over in
    their outputs, resolutions in maps of the largest. Weights need not sum to one. With one-hot weights it is `Path`.

    Args:
        weights: by the name of each choice, `(options,)` weights on the device of the images.
        dropout: as for `Path`.
        drop_connect: as for `Path`.
        active: by the name of each choice, `(options,)` which options are computed at all; the others must have
            weight zero, and their weights get no gradient. All of them where none is given, since to look at weights
            on a GPU is to wait for it: see `active_options`.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        dropout: float = 0.0,
        drop_connect: float = 0.0,
        active: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        self.weights = weights
        self.dropout, self.drop_connect = dropout, drop_connect
        self.active = None if active is None else {name: np.asarray(mask, bool) for name, mask in active.items()}

    def view(self, space: Space) -> MixView:
        """Return the mixture's view."""
        _refuse_others(space, "weights", self.weights)
        if self.active is not None:
            _refuse_others(space, "active options", self.active)
        return MixView(self.weights, self.drop_connect, self.active)


def _refuse_others(space: Space, what: str, given: Mapping[str, Any]) -> None:
    """Refuse what is not of the shapes of the space's choices."""
    wanted = {choice.name: (len(choice.options),) for choice in space.choices}
    shapes = {name: tuple(value.shape) for name, value in given.items()}
    if wrong := sorted(name for name in wanted.keys() | shapes.keys() if wanted.get(name) != shapes.get(name)):
        name = wrong[0]
        raise InvalidOption(
            f"choice {name!r} of {space.name} has {what} of shape {wanted.get(name, 'none')}, "
            f"not {shapes.get(name, 'none')}."
        )


class Each(Selection):
    """A selection for each of some blocks or cells, and one for all else: mixtures here, a path there (EnTranNAS).

    Within its block a selection says what all choices are, those too that several blocks share.

    Args:
        selections: by the names of blocks or cells, those in `Supernet.layers`.
        otherwise: the selection for all else; its dropout is the network's.
    """

    def __init__(self, selections: Mapping[str, Selection], otherwise: Selection) -> None:
        self.selections, self.otherwise = selections, otherwise
        self.dropout = otherwise.dropout

    def view(self, space: Space) -> View:
        """Return the view of `otherwise`, with the others within it."""
        views: dict[Selection, View] = {}  # many blocks have one selection
        for selection in (self.otherwise, *self.selections.values()):
            if selection not in views:
                views[selection] = selection.view(space)
        view = views[self.otherwise]
        view.layers = {layer: views[selection] for layer, selection in self.selections.items()}
        return view


def onehot(space: Space, arch: Any, device: torch.device | str | None = None) -> dict[str, Tensor]:
    """Return the weights with which a mixture is one architecture (a row, or a batch of one)."""
    picked = space.picked(space.validate(np.atleast_2d(arch)))
    return {
        choice.name: torch.eye(len(choice.options), device=device)[int(picked[choice.name][0])]
        for choice in space.choices
    }


def active_options(weights: Mapping[str, Tensor]) -> dict[str, NDArray[np.bool_]]:
    """Return which weights are not zero, for `Mix`; of all choices in one transfer from the device."""
    kept = (torch.cat(list(weights.values())).detach() != 0).cpu().numpy()
    ends = np.cumsum([len(weight) for weight in weights.values()])
    return dict(zip(weights, np.split(kept, ends[:-1]), strict=True))
