"""Zero-cost proxies of the networks of a build, as they are before they are trained."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from weaknas.doors import unknown
from weaknas.proxies import PROXIES
from weaknas.spaces import Batch

from .build_spec import BuildSpec
from .distortions import Distorted
from .network import Group
from .training import new_network

__all__ = ["check_indicators", "indicators_of"]

_IMAGES = 64


def check_indicators(spec: BuildSpec) -> None:
    """Make sure that a build's indicators are known.

    Raises:
        NotFound: one is not.
    """
    for name in spec.indicators:
        if name not in PROXIES:
            raise unknown("indicator", name, PROXIES)


def indicators_of(spec: BuildSpec, rows: Batch, data: Distorted) -> dict[str, NDArray[np.float64]]:
    """Return `(n,)` numbers of `(n, 6)` architectures by the names of their columns.

    They are of the very networks that are trained, in the first of the runs, on the first images that it sees.
    """
    pixels, labels = (part[:_IMAGES] for part in data.epoch(spec.runs[0], 0))
    nets = [_Alone(new_network(row[None], np.array(spec.runs[:1]), data)) for row in rows]
    return {
        column: np.array([PROXIES[name](net, pixels, labels) for net in nets])
        for column, name in spec.indicator_columns.items()
    }


class _Alone(nn.Module):
    """The one member of a group, which returns `(n, classes)` logits."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self.group = group

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.group(images)
        return logits[0]
