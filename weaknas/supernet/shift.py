"""How far the paths of a supernet are from each other, and weights from what they were (Peng et al., ICCV 2021)."""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InvalidOption
from .pairs import disjoint_pair
from .selection import Path
from .supernet import Supernet

__all__ = ["feature_shift", "parameter_shift", "relative_shift"]


@torch.no_grad()
def feature_shift(supernet: Supernet, images: Tensor, pairs: int, rng: np.random.Generator) -> dict[str, float]:
    """Return how much what the same images give differs between two paths without a common option.

    It is `1 - cos` of the outputs of a block or cell for one image, the mean over images and pairs: 0 where the paths
    agree. The cosine is of whole maps, brought to the smaller side by means over positions, with zeros for the
    channels that one does not have. Batch normalisation is by the batch, as in training. The paper measures a shift
    of features; this form of it is ours.

    Args:
        supernet: the weights, which stay as they are, statistics too.
        images: `(n, 3, h, w)` normalised images, on its device.
        pairs: how many pairs of paths; at least 1.
        rng: draws them.

    Returns:
        By the names in `supernet.layers`, for blocks or cells; their mean as `layers`, NaN if the family does not say
        them; and that of the features, which the classifier is given, as `features`.

    Raises:
        InvalidOption: there are no pairs.
        InvalidArchitecture: the space has no such pairs.
    """
    if pairs < 1:
        raise InvalidOption(f"a feature shift is the mean over at least one pair of paths, not {pairs}.")
    net = deepcopy(supernet).train()
    found: dict[str, list[float]] = {}
    for _ in range(pairs):
        (one, its), (other, others) = (net.outputs(images, Path(row)) for row in disjoint_pair(net.space, rng))
        for name, ends in {**{name: (its[name], others[name]) for name in its}, "features": (one, other)}.items():
            found.setdefault(name, []).append(_distance(*ends))
    means = {name: float(np.mean(values)) for name, values in found.items()}
    layers = [means[name] for name in net.layers if name in means]
    return {**means, "layers": float(np.mean(layers)) if layers else float("nan")}


def _distance(one: Tensor, other: Tensor) -> float:
    """Return the mean of `1 - cos` over images, 0 where both are the same, also if both are zero."""
    if one.ndim == 4 and one.shape[2:] != other.shape[2:]:
        side = min(one.shape[2], other.shape[2])
        one, other = (F.adaptive_avg_pool2d(x, side) for x in (one, other))
    channels = max(one.shape[1], other.shape[1])
    flat = [x.flatten(2) if x.ndim > 2 else x.unsqueeze(2) for x in (one, other)]
    one, other = (F.pad(x, (0, 0, 0, channels - x.shape[1])).flatten(1).double() for x in flat)
    shift = 1 - F.cosine_similarity(one, other)
    return float(torch.where((one == other).all(1), 0.0, shift).mean())


def parameter_shift(before: nn.Module, after: nn.Module) -> dict[str, float]:
    """Return how far weights moved, relative to what they were: `|after - before| / |before|`.

    Args:
        before: a module.
        after: one of the same parameters: later in training, or its teacher.

    Returns:
        By the names of the module's parts, such as `stem` and `blocks`, and of all parameters together as `all`.

    Raises:
        InvalidOption: they have other parameters.
    """
    old, new = dict(before.named_parameters()), dict(after.named_parameters())
    if {name: value.shape for name, value in old.items()} != {name: value.shape for name, value in new.items()}:
        raise InvalidOption("a parameter shift is between two modules of the same parameters, and these differ.")
    parts: dict[str, list[str]] = {"all": list(old)}
    for name in old:
        parts.setdefault(name.partition(".")[0], []).append(name)
    return {
        part: float(relative_shift([old[name] for name in names], [new[name] for name in names]))
        for part, names in parts.items()
    }


@torch.no_grad()
def relative_shift(before: Sequence[Tensor], after: Sequence[Tensor]) -> Tensor:
    """Return `|after - before| / |before|` of all tensors together, a scalar that nothing has waited for."""
    moved = torch._foreach_norm(torch._foreach_sub(list(after), list(before)))
    return torch.stack(list(moved)).norm() / torch.stack(list(torch._foreach_norm(list(before)))).norm()
