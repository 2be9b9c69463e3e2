"""Images and maps of several resolutions.

A path brings its images to its resolution. In a mixture, every layer runs at each resolution, on its share of the
positions of one map (Wan et al., CVPR 2020, section 3.2): the results are put back to these positions of the largest
map, zeros elsewhere, and added with their weights. Resizing the results to one size would smooth them, and a layer
would see its neighbours at other distances than in the network that is searched for. With one resolution of weight one
a layer is given what the layer before it made, as in a path.
"""

from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .views import weighted

__all__ = ["resized", "scattered", "shared", "subsampled"]


def resized(images: Tensor, side: int) -> Tensor:
    """Return `(n, c, side, side)` images, by bicubic interpolation where they have another size."""
    if images.shape[-1] == side and images.shape[-2] == side:
        return images
    return F.interpolate(images, size=side, mode="bicubic")


def shared(maps: Sequence[Tensor], weights: Sequence[Tensor | None]) -> list[Tensor]:
    """Return what a layer is given at each resolution, from the `(n, c, side, side)` maps that the one before made."""
    if len(maps) == 1:
        return [weighted(maps[0], weights[0])]
    sides = [x.shape[-1] for x in maps]
    total = scattered(weighted(maps[0], weights[0]), max(sides))
    for x, weight in zip(maps[1:], weights[1:], strict=True):
        total = total + scattered(weighted(x, weight), max(sides))
    return [subsampled(total, side) for side in sides]


def subsampled(x: Tensor, side: int) -> Tensor:
    """Return `(n, c, side, side)` of the nearest positions of a larger map."""
    if x.shape[-1] == side:
        return x
    at = _positions(side, x.shape[-1], x.device)
    return x[:, :, at[:, None], at]


def scattered(x: Tensor, side: int) -> Tensor:
    """Return `(n, c, side, side)` with a smaller map at the positions that `subsampled` takes, zeros elsewhere."""
    if x.shape[-1] == side:
        return x
    at = _positions(x.shape[-1], side, x.device)
    larger = x.new_zeros(*x.shape[:2], side, side)
    larger[:, :, at[:, None], at] = x
    return larger


@lru_cache(maxsize=256)  # a copy to a GPU waits for all that runs there
def _positions(few: int, many: int, device: torch.device) -> Tensor:
    """Return the `(few,)` positions of a side of `many`, evenly spread."""
    with torch.inference_mode(False):
        return torch.arange(few, device=device) * many // few
