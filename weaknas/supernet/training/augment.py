"""Augmentation of a batch, on its device."""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..crops import Crop, random_resized
from .optimisation import Optimisation

__all__ = ["Augmentation", "reading_crop"]


class Augmentation(nn.Module):
    """From pixels as bytes to what a network is given. Its random numbers are torch's.

    RandAugment (Cubuk et al., 2020) is kornia's: the operations are drawn once for a batch, their strengths for each
    image. `moco` are the views of Pi-NAS (Peng et al., ICCV 2021), drawn for each image but for the order of the four
    changes of colours, which is the batch's: a part of 20 to 100 % of the image; brightness, contrast, saturation and
    hue by up to 0.4, for 80 % of the images; grey for 20 %, blurred for 50 %, mirrored for 50 %. The blur has a
    deviation of 0.1 to 2 pixels and looks at a tenth of the side, at least at 3 pixels.

    Args:
        optimisation: what is wanted.
        side: height and width of the images.
        mean: of each colour, taken out at the end.
        std: likewise.
        cropped: whether random crops were made when the images were read, as of large images; see `reading_crop`.
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
        if optimisation.augment == "moco":
            layers += _views(side)
        elif optimisation.augment != "none" and not cropped:
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


def _views(side: int) -> list[nn.Module]:
    from kornia.augmentation import (
        ColorJitter,
        RandomGaussianBlur,
        RandomGrayscale,
        RandomHorizontalFlip,
        RandomResizedCrop,
    )

    kernel = max(3, side // 10 | 1)
    return [
        RandomResizedCrop((side, side), scale=(0.2, 1.0)),
        ColorJitter(0.4, 0.4, 0.4, 0.4, p=0.8),
        RandomGrayscale(p=0.2),
        RandomGaussianBlur((kernel, kernel), (0.1, 2.0), p=0.5),
        RandomHorizontalFlip(),
    ]


def reading_crop(optimisation: Optimisation, side: int) -> Crop:
    """Return how images of several sizes are read.

    It is the recipe of training, but for `moco`: each view takes a part of its own, so the whole image is read (its
    largest part that is no narrower than 3 to 4), of twice the side, from which small parts are not blurred.
    """
    if optimisation.augment == "moco":
        return random_resized(2 * side, scale=(1.0, 1.0))
    return random_resized(side)
