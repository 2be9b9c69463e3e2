"""Which training images the weights learn from, and which the architectures."""

import numpy as np

from ...errors import InvalidOption
from ..data import ImageSplit
from ..schemes import Scheme

__all__ = ["split"]


def split(train: ImageSplit, scheme: Scheme, seed: int) -> tuple[ImageSplit, ImageSplit]:
    """Return the images of the weights' steps and those of the architecture steps.

    Who gets which follows from their number and the seed alone. Without a share for the latter both are all images.

    Raises:
        InvalidOption: the scheme's share is none.
    """
    share = scheme.arch_share
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise InvalidOption(f"arch_share of {scheme.name} is a share of the images, from 0 to below 1, not {share!r}.")
    if share == 0:
        return train, train
    # The first number is what tells this draw from those of epochs, of the same seed.
    shuffled = np.random.default_rng((2**32 - 1, seed)).permutation(len(train))
    count = round(share * len(train))
    return train.take(np.sort(shuffled[count:])), train.take(np.sort(shuffled[:count]))
