"""The images a benchmark is trained on: scikit-learn's digits, or arrays of the user's, and their split."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidOption, NotFound, system_sentence
from weaknas.words import shortened, some

__all__ = ["Images", "digits", "from_file"]

Pixels = NDArray[np.float32]  # (n, channels, side, side), 0 to 1
Labels = NDArray[np.int64]  # (n,)
PARTS = ("train", "valid", "test")
_SPLIT_SEED = 201
_KEYS = tuple(f"{axis}_{part}" for part in PARTS for axis in "xy")


@dataclass(frozen=True, slots=True)
class Images:
    """Square images and labels of the three parts.

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
        for part in PARTS:
            total.update(self.x[part].tobytes() + self.y[part].tobytes())
        return total.hexdigest()


def digits() -> Images:
    """Return scikit-learn's bundled digits (UCI, 1,797 images of 8x8), half of them for training."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    return _split("digits", bundle.images, bundle.target)


def from_file(path: str | Path, name: str) -> Images:
    """Read a user's images from an `.npz` file.

    It holds `x_train, y_train, x_valid, y_valid, x_test, y_test`, or `x` and `y`, which are split as the digits
    are. Images are `(n, side, side)` or `(n, side, side, channels)` of any numeric type, labels whole numbers
    from 0. Pixels are scaled so that the training images span 0 to 1.

    Raises:
        NotFound: there is no such file.
        InvalidOption: it is no `.npz` of such arrays; the message says what is wrong.
    """
    arrays = _arrays(Path(path))
    if set(_KEYS) <= arrays.keys():
        x = {part: _as_images(arrays[f"x_{part}"], f"x_{part}", path) for part in PARTS}
        y = {part: _as_labels(arrays[f"y_{part}"], len(x[part]), f"y_{part}", path) for part in PARTS}
        if len({pixels.shape[1:] for pixels in x.values()}) > 1:
            raise InvalidOption(f"the images of {path} have different shapes in x_train, x_valid and x_test.")
        if set(np.unique(y["train"])) < set(np.unique(np.concatenate(list(y.values())))):
            raise InvalidOption(f"{path} has labels in y_valid or y_test that y_train does not have.")
        return Images(name, _scaled(x), y)
    if {"x", "y"} <= arrays.keys():
        pixels = _as_images(arrays["x"], "x", path)
        labels = _as_labels(arrays["y"], len(pixels), "y", path)
        if np.bincount(labels).min() < 4:
            raise InvalidOption(f"every label of {path} from 0 to {labels.max()} needs at least 4 images to be split.")
        return _split(name, pixels[:, 0] if pixels.shape[1] == 1 else np.moveaxis(pixels, 1, 3), labels)
    has = some(sorted(arrays)) or "nothing"
    raise InvalidOption(f"{path} holds {has}; it must hold {', '.join(_KEYS)}, or x and y.")


def _split(name: str, images: NDArray[np.generic], labels: NDArray[np.integer]) -> Images:
    """Split stratified by label: half for training, a quarter each for validation and test."""
    from sklearn.model_selection import train_test_split

    at = np.arange(len(labels))
    train, rest = train_test_split(at, test_size=0.5, stratify=labels, random_state=_SPLIT_SEED)
    valid, test = train_test_split(rest, test_size=0.5, stratify=labels[rest], random_state=_SPLIT_SEED)
    pixels = _channels_first(images)
    rows = {"train": np.sort(train), "valid": np.sort(valid), "test": np.sort(test)}
    y = {part: labels[chosen].astype(np.int64) for part, chosen in rows.items()}
    return Images(name, _scaled({part: pixels[chosen] for part, chosen in rows.items()}), y)


def _arrays(path: Path) -> dict[str, NDArray[np.generic]]:
    if not path.is_file():
        raise NotFound(f"there is no file {path} with images.")
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except Exception as error:  # a damaged file can fail in any way
        said = shortened(system_sentence(error), 200)
        raise InvalidOption(f"{path} cannot be read as an .npz file of plain arrays: {said}.") from error


def _as_images(array: NDArray[np.generic], key: str, path: str | Path) -> Pixels:
    square = array.ndim in (3, 4) and array.shape[1] == array.shape[2]
    if not square or not len(array) or array.shape[1] % 2 or array.dtype.kind not in "uifb":
        raise InvalidOption(
            f"{key} of {path} has shape {array.shape} and type {array.dtype}; images are numbers of shape "
            "(n, side, side) or (n, side, side, channels) with an even side."
        )
    pixels = _channels_first(array)
    if not np.isfinite(pixels).all():
        raise InvalidOption(f"{key} of {path} has pixels that are not finite.")
    return pixels


def _as_labels(array: NDArray[np.generic], count: int, key: str, path: str | Path) -> Labels:
    if array.shape != (count,) or array.dtype.kind not in "ui" or array.astype(np.int64).min() < 0:
        raise InvalidOption(
            f"{key} of {path} has shape {array.shape} and type {array.dtype}; labels are {count} whole numbers from 0."
        )
    return array.astype(np.int64)


def _channels_first(images: NDArray[np.generic]) -> Pixels:
    pixels = images.astype(np.float32)
    return pixels[:, None] if pixels.ndim == 3 else np.ascontiguousarray(np.moveaxis(pixels, 3, 1))


def _scaled(x: dict[str, Pixels]) -> dict[str, Pixels]:
    low, high = x["train"].min(), x["train"].max()
    if low == high:
        raise InvalidOption("the training images are all one grey; there is nothing to learn.")
    return {part: (pixels - low) / (high - low) for part, pixels in x.items()}
