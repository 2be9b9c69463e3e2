"""How an image becomes a square of a wanted size: the published recipes, as functions of Pillow images.

They do with Pillow what torchvision's transforms of the same names do in the published recipes, without it: what is
cut is cut before it is resized.
"""

from collections.abc import Callable
from math import ceil, exp, log

import numpy as np
from PIL import Image, ImageEnhance

from ..errors import InvalidOption

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "VERSION",
    "Crop",
    "centre",
    "fbnet_resize",
    "jittered",
    "ofa_resize",
    "random_resized",
]

VERSION = 2
"""Raised when a crop gives other pixels than before, so that older scores are not taken for its."""

Crop = Callable[[Image.Image, np.random.Generator], Image.Image]
"""From an image and a generator of random numbers to a square image."""

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FILTER = Image.Resampling.BILINEAR
_TRIES = 10


def centre(side: int, resize: int) -> Crop:
    """Return the recipe of evaluation: the shorter side to `resize` pixels (bilinear), then a square of the centre.

    Raises:
        InvalidOption: the square is larger than the resized image.
    """
    if not 1 <= side <= resize:
        raise InvalidOption(f"a centre of {side} pixels cannot be cut out of {resize}; resize to more.")

    def crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        width, height = image.size
        shorter = min(width, height)
        if shorter != resize:
            width, height = resize * width // shorter, resize * height // shorter
            image = image.resize((width, height), _FILTER)
        left, top = round((width - side) / 2), round((height - side) / 2)
        return image.crop((left, top, left + side, top + side))

    return crop


def random_resized(
    side: int, scale: tuple[float, float] = (0.08, 1.0), ratio: tuple[float, float] = (3 / 4, 4 / 3)
) -> Crop:
    """Return the recipe of training: a random part of the image, resized (bilinear), mirrored half of the time.

    The part's share of the area is uniform in `scale`, its width over its height log-uniform in `ratio`; after ten
    draws that do not fit, it is the largest centre within `ratio` (Szegedy et al., CVPR 2015).
    """

    def crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        left, top, width, height = _part(image.size, scale, ratio, rng)
        # Cut first: resizing a box of the whole image would look at the pixels around it as well.
        image = image.crop((left, top, left + width, top + height)).resize((side, side), _FILTER)
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else image

    return crop


def jittered(crop: Crop, brightness: float, saturation: float) -> Crop:
    """Return a crop whose colours then change: brightness and saturation, in random order, by factors around one.

    Args:
        crop: the crop.
        brightness: how far at most the factor of brightness, drawn uniformly, is from one.
        saturation: likewise.
    """

    def jitter(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        image = crop(image, rng)
        changes = [(ImageEnhance.Brightness, brightness), (ImageEnhance.Color, saturation)]
        for place in rng.permutation(2):
            enhancer, reach = changes[place]
            image = enhancer(image).enhance(rng.uniform(1 - reach, 1 + reach))
        return image

    return jitter


def _part(
    size: tuple[int, int], scale: tuple[float, float], ratio: tuple[float, float], rng: np.random.Generator
) -> tuple[int, int, int, int]:
    width, height = size
    for _ in range(_TRIES):
        area = width * height * rng.uniform(*scale)
        aspect = exp(rng.uniform(log(ratio[0]), log(ratio[1])))
        w, h = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
        if 0 < w <= width and 0 < h <= height:
            return int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1)), w, h
    w, h = width, height
    if width / height < ratio[0]:
        h = round(width / ratio[0])
    elif width / height > ratio[1]:
        w = round(height * ratio[1])
    return (width - w) // 2, (height - h) // 2, w, h


def ofa_resize(side: int) -> int:
    """Return the shorter side before the centre crop in Once-for-All and WeakNAS: 256 for 224, 270 for 236."""
    return ceil(side / 0.875)


def fbnet_resize(side: int) -> int:
    """Return the shorter side before the centre crop in FBNetV2's released evaluation, a multiple of 8."""
    return ceil(256 / 224 * side / 8) * 8
