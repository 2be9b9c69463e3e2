"""Augmentation of a batch, on its device."""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .optimisation import Optimisation

__all__ = ["Augmentation"]


class Augmentation(nn.Module):
    """From pixels as bytes to what a network is given. Its random numbers are torch's.

    RandAugment (Cubuk et al., 2020) is kornia's: the operations are drawn once for a batch, their strengths for each
    image.

    Args:
        optimisation: what is wanted.
        side: height and width of the images.
        mean: of each colour, taken out at the end.
        std: likewise.
        cropped: whether random crops were made when the images were read, as of large images.
    """

    def __init__(
        self, optimisation: Optimisation, side: int, mean: Sequence[float], std: Sequence[float], *, cropped: bool
    ) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of kornia's own parts
            from kornia.augmentation import RandomCrop, RandomHorizontalFlip
            from kornia.augmentation.auto import RandAugment

        layers: list[nn.Module] = []
        if optimisation.augment != "none" and not cropped:
            layers += [RandomCrop((side, side), padding=max(1, side // 8)), RandomHorizontalFlip()]
        if optimisation.augment == "randaugment":
            layers.append(RandAugment(n=optimisation.operations, m=optimisation.magnitude))
        self.layers = nn.Sequential(*layers)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1))

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return augmented and normalised `(n, 3, h, w)` numbers."""
        return (self.layers(images.float() / 255) - self.mean) / self.std
