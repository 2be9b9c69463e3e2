"""Labelled images in an `.npz` file: the one layout of those that benchmarks and supernets are trained on.

The arrays are `x_train` and `y_train`, `x_valid`, `x_test` and theirs, or `x` and `y`. What a split is for is up to
the reader: `weaknas data build` measures accuracy on valid and on test; a supernet trains on valid too, and holds out
training images by itself.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidImages, NotFound, system_sentence

__all__ = ["Labels", "as_labels", "read_image_arrays"]

Labels = NDArray[np.int64]  # (n,) class numbers from 0
_ENDINGS = {"": "all", "_train": "train", "_valid": "valid", "_test": "test"}


def read_image_arrays(path: Path) -> dict[str, tuple[NDArray[Any], Labels]]:
    """Return images `(n, height, width)` or `(n, height, width, colours)` of any numeric type, and their labels.

    They are by split: `all` for `x` and `y`, `train`, `valid`, `test`. Images without labels are left out.

    Raises:
        NotFound: there is no such file.
        InvalidImages: it is no `.npz` of such arrays.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path} with images.")
    arrays = _arrays(path)
    found = {}
    for ending, split in _ENDINGS.items():
        images, labels = arrays.get(f"x{ending}"), arrays.get(f"y{ending}")
        if images is not None and labels is not None:
            if images.ndim not in (3, 4) or images.dtype.kind not in "uifb" or not all(images.shape[1:]):
                raise InvalidImages(
                    f"x{ending} of {path} holds images of shape {images.shape} and type {images.dtype}; they are "
                    "numbers of shape (n, height, width) or (n, height, width, colours)."
                )
            found[split] = images, as_labels(labels, len(images), f"y{ending}", path)
    return found


def as_labels(values: NDArray[Any], count: int, name: str, path: Path) -> Labels:
    """Return class numbers.

    Raises:
        InvalidImages: they are not one whole number from 0 for each image.
    """
    if values.shape != (count,) or values.dtype.kind not in "ui" or (count and values.astype(np.int64).min() < 0):
        raise InvalidImages(f"{name} of {path} must be {count} whole numbers from 0, none missing.")
    return values.astype(np.int64)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here: numpy leaves a file open that it cannot read.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except MemoryError:
        raise
    except Exception as error:  # of a damaged archive or header, of any type
        raise InvalidImages(
            f"{path} cannot be read as an .npz file of plain arrays: {system_sentence(error)}."
        ) from None
