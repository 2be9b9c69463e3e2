"""The images a benchmark is trained on: scikit-learn's digits, or arrays of the user's, and their split."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidImages
from weaknas.image_arrays import Labels, read_image_arrays

__all__ = ["SPLITS", "ImageSplits", "digits", "from_file"]

Pixels = NDArray[np.float32]  # (n, channels, side, side)
SPLITS = ("train", "valid", "test")
_SPLIT_SEED = 201


@dataclass(frozen=True, slots=True)
class ImageSplits:
    """Square images in memory, and their labels, in three splits.

    Attributes:
        name: the dataset's name.
        x: pixels of train, valid and test, `(n, channels, side, side)`; the training images span 0 to 1.
        y: their labels, 0 to `classes - 1`.
    """

    name: str
    x: dict[str, Pixels]
    y: dict[str, Labels]

    @property
    def classes(self) -> int:
        """The number of labels."""
        return int(max(labels.max() for labels in self.y.values())) + 1

    @property
    def channels(self) -> int:
        """The number of colours."""
        return int(self.x["train"].shape[1])

    @property
    def side(self) -> int:
        """Height and width in pixels."""
        return int(self.x["train"].shape[2])

    @property
    def digest(self) -> str:
        """A checksum of all pixels and labels."""
        total = hashlib.sha256()
        for split in SPLITS:
            total.update(self.x[split].tobytes() + self.y[split].tobytes())
        return total.hexdigest()


def digits() -> ImageSplits:
    """Return scikit-learn's bundled digits (UCI, 1,797 images of 8x8), half of them for training."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    return _stratified("digits", _colours_first(bundle.images), bundle.target)


def from_file(path: str | Path, name: str) -> ImageSplits:
    """Read a user's images from an `.npz` file.

    It holds train, valid and test images, or all of them together, which are split as the digits are; see
    `weaknas.image_arrays`. They are squares with an even side. Pixels are scaled so that the training images span 0
    to 1.

    Raises:
        NotFound: there is no such file.
        InvalidImages: it is no `.npz` of such arrays; the message says what is wrong.
    """
    path = Path(path)
    arrays = read_image_arrays(path)
    if set(SPLITS) <= arrays.keys():
        x = {split: _as_pixels(arrays[split][0], f"x_{split}", path) for split in SPLITS}
        y = {split: arrays[split][1] for split in SPLITS}
        if len({pixels.shape[1:] for pixels in x.values()}) > 1:
            raise InvalidImages(f"the images of {path} have different shapes in x_train, x_valid and x_test.")
        if set(np.unique(y["train"])) < set(np.unique(np.concatenate(list(y.values())))):
            raise InvalidImages(f"{path} has labels in y_valid or y_test that y_train does not have.")
        return ImageSplits(name, _scaled(x), y)
    if "all" not in arrays:
        keys = ", ".join(f"{axis}_{split}" for split in SPLITS for axis in "xy")
        raise InvalidImages(f"{path} must hold {keys}, or x and y.")
    images, labels = arrays["all"]
    pixels = _as_pixels(images, "x", path)
    if np.bincount(labels).min() < 4:
        raise InvalidImages(f"every label of {path} from 0 to {labels.max()} needs at least 4 images to be split.")
    return _stratified(name, pixels, labels)


def _stratified(name: str, pixels: Pixels, labels: NDArray[np.integer]) -> ImageSplits:
    """Split stratified by label: half for training, a quarter each for validation and test."""
    from sklearn.model_selection import train_test_split

    at = np.arange(len(labels))
    train, rest = train_test_split(at, test_size=0.5, stratify=labels, random_state=_SPLIT_SEED)
    valid, test = train_test_split(rest, test_size=0.5, stratify=labels[rest], random_state=_SPLIT_SEED)
    rows = {"train": np.sort(train), "valid": np.sort(valid), "test": np.sort(test)}
    y = {split: labels[chosen].astype(np.int64) for split, chosen in rows.items()}
    return ImageSplits(name, _scaled({split: pixels[chosen] for split, chosen in rows.items()}), y)


def _as_pixels(images: NDArray[Any], key: str, path: Path) -> Pixels:
    """Return images of a user's file as float32 numbers, colours first."""
    side = images.shape[1]
    if not len(images) or images.shape[2] != side or side % 2:
        raise InvalidImages(f"{key} of {path} has shape {images.shape}; images are squares with an even side.")
    pixels = _colours_first(images)
    if not np.isfinite(pixels).all():
        raise InvalidImages(f"{key} of {path} has pixels that are not finite.")
    return pixels


def _colours_first(images: NDArray[Any]) -> Pixels:
    pixels = images.astype(np.float32)
    return pixels[:, None] if pixels.ndim == 3 else np.ascontiguousarray(np.moveaxis(pixels, 3, 1))


def _scaled(x: dict[str, Pixels]) -> dict[str, Pixels]:
    low, high = x["train"].min(), x["train"].max()
    if low == high:
        raise InvalidImages("the training images are all one grey; there is nothing to learn.")
    return {split: (pixels - low) / (high - low) for split, pixels in x.items()}
