"""Random affine distortions: of each training image in each epoch, and the fixed ones networks are measured on."""

from functools import cached_property, lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .images import ImageSplits
from .recipe import Recipe

__all__ = ["Distorted"]

_CACHED_BYTES = 2**28
_SEEDS = {"valid": 1, "test": 2}  # of the fixed copies


class Distorted:
    """The images as networks see them, always the same ones for the same recipe, run and epoch.

    Args:
        images: the originals.
        recipe: how they are distorted.
        device: where the tensors are to be.
    """

    def __init__(self, images: ImageSplits, recipe: Recipe, device: torch.device) -> None:
        self.images = images
        self.recipe = recipe
        self.device = device
        fits = _CACHED_BYTES // images.x["train"].nbytes
        self.epoch = lru_cache(maxsize=int(fits))(self._epoch)

    def _epoch(self, run: int, epoch: int) -> tuple[Tensor, Tensor]:
        """Return the training images `(n, channels, side, side)` of an epoch in their order, and labels `(n,)`.

        They depend on the run and not on the architecture: a run is one course of training for all.
        """
        generator = torch.Generator().manual_seed((run + 1) * 1_000_003 + epoch)
        x, y = torch.from_numpy(self.images.x["train"]), torch.from_numpy(self.images.y["train"])
        order = torch.randperm(len(x), generator=generator)
        pixels = distort(x[order], self.recipe, generator)
        pixels += self.recipe.noise * torch.randn(pixels.shape, generator=generator)
        return pixels.to(self.device), y[order].to(self.device)

    @cached_property
    def measured(self) -> dict[str, tuple[Tensor, Tensor]]:
        """The fixed copies `(copies, n, channels, side, side)` and labels `(n,)` of valid and test."""
        copies = {}
        for split, seed in _SEEDS.items():
            generator = torch.Generator().manual_seed(seed)
            x, y = torch.from_numpy(self.images.x[split]), torch.from_numpy(self.images.y[split])
            pixels = torch.stack([distort(x, self.recipe, generator) for _ in range(self.recipe.copies)])
            copies[split] = pixels.to(self.device), y.to(self.device)
        return copies


def distort(x: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Return each image `(n, channels, side, side)` rotated, scaled and shifted at random, bilinear, zeros outside."""
    angle, scale, right, down = 2 * torch.rand(4, len(x), generator=generator) - 1
    angle, size = angle * recipe.rotation, 1 + scale * recipe.scaling
    cosine, sine = torch.cos(angle) * size, torch.sin(angle) * size
    rows = (cosine, -sine, right * recipe.shift, sine, cosine, down * recipe.shift)
    grid = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)
