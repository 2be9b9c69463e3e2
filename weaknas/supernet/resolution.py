"""Images of the sides that networks want them to have."""

import torch.nn.functional as F
from torch import Tensor

__all__ = ["resized"]


def resized(images: Tensor, side: int) -> Tensor:
    """Return `(n, c, side, side)` images, by bicubic interpolation where they have another size."""
    if images.shape[-1] == side and images.shape[-2] == side:
        return images
    return F.interpolate(images, size=side, mode="bicubic")
