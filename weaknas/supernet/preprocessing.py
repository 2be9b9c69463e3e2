"""How images are brought to a network in evaluation: the recipes of the published systems, and that of small images.

Each gives the crop of evaluation and that of the training images on which batch normalisation is recalibrated, and how
many of those there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..spaces import NetworkSpace
from .crops import VERSION, Crop, centre, fbnet_resize, jittered, ofa_resize, random_resized
from .data import Images

__all__ = ["EvalPreprocessing", "preprocessing_for"]

# What the released descriptions of FBNetV2's networks say in place of the rule.
_FBNET_RESIZE = {
    "fbnetv2-f1": 151,
    "fbnetv2-f2": 179,
    "fbnetv2-f3": 208,
    "fbnetv2-f4": 251,
    "fbnetv2-l1": 256,
    "fbnetv2-l2": 287,
}

_OFA_JITTER = (32 / 255, 0.5)


@dataclass(frozen=True)
class EvalPreprocessing:
    """Crops by the resolution of an architecture.

    Attributes:
        name: in words, for records.
        side: from an architecture's resolution to the side that images are cut to before they come to the network,
            which interpolates the rest; None for images as they are.
        resize: from that side to the shorter side before the cut.
        bn_images: how many training images batch normalisation is recalibrated on.
        bn_batch: in batches of how many.
        augments: whether those are cut at random and mirrored, as in training.
        jitter: how far at most the factors of their brightness and saturation are from one; None for colours as they
            are.
        population: see `recalibrate`.
    """

    name: str
    side: Callable[[int], int | None]
    resize: Callable[[int], int] = ofa_resize
    bn_images: int = 2000
    bn_batch: int = 100
    augments: bool = True
    jitter: tuple[float, float] | None = None
    population: bool = False

    @property
    def identity(self) -> list[Any]:
        """All that the pixels and statistics of an image follow from besides the resolution, for cached scores."""
        side = self.side(0)
        sides = [side, None if side is None else self.resize(side)]
        return [self.name, *sides, self.bn_batch, self.augments, self.jitter, self.population, VERSION]

    def test_crop(self, resolution: int) -> Crop | None:
        """Return the crop of evaluation."""
        side = self.side(resolution)
        return None if side is None else centre(side, self.resize(side))

    def train_crop(self, resolution: int) -> Crop | None:
        """Return the crop of recalibration."""
        side = self.side(resolution)
        if side is None or not self.augments:
            return self.test_crop(resolution)
        crop = random_resized(side)
        return crop if self.jitter is None else jittered(crop, *self.jitter)


def preprocessing_for(space: NetworkSpace, data: Images, image_size: int | None = None) -> EvalPreprocessing:
    """Return the recipe for a space and its images.

    Small images of one size are used as they are, or brought to `image_size`; everything else is cut as the space's
    authors do: AttentiveNAS to 224 pixels for all resolutions, with 64 batches of 256 training images (of their
    AutoAugment only crop and mirroring); FBNetV2 by its own rule of resizing; all others, as Once-for-All, to the
    resolution, with 2,000 training images whose colours change a little.

    Args:
        space: the architectures.
        data: the images.
        image_size: the side of the images that a supernet of one's own was trained on; the network interpolates.
    """
    if data.side is not None:
        used = None if image_size in (None, data.side) else image_size
        return EvalPreprocessing("whole", lambda resolution: used, lambda side: side, augments=False)
    if image_size is not None:
        return EvalPreprocessing(f"{image_size} pixels", lambda resolution: image_size)
    if space.name == "attentive-nas":
        return EvalPreprocessing(
            "attentive-nas", lambda resolution: 224, lambda side: 256, bn_images=64 * 256, bn_batch=256
        )
    if space.name.startswith("fbnetv2"):
        given = _FBNET_RESIZE.get(space.name)
        return EvalPreprocessing("fbnetv2", lambda resolution: resolution, lambda side: given or fbnet_resize(side))
    return EvalPreprocessing("ofa", lambda resolution: resolution, jitter=_OFA_JITTER, population=True)
