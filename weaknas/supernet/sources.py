"""Where images come from: folders, Parquet, `.npz` and Fashion-MNIST's files."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ..errors import InvalidImages, NotFound

__all__ = ["Arrays", "Labelled", "Labels", "Source", "read_images"]

Labels = NDArray[np.int64]  # (n,)
Pixels = NDArray[np.uint8]  # (n, height, width, 3)
_MEMORY = 1 << 30  # bytes of decoded images up to which they are kept decoded
_SUFFIXES = {".jpeg", ".jpg", ".png", ".webp", ".bmp", ".ppm"}
_IDX = {"train": "train", "val": "t10k"}


class Source(Protocol):
    """Numbered images."""

    def __len__(self) -> int: ...

    def image(self, row: int) -> Image.Image:
        """Return an image in RGB.

        Raises:
            InvalidImages: it is damaged.
        """
        ...

    def digest(self) -> bytes:
        """Return what tells these images from others."""
        ...


class Labelled(NamedTuple):
    """Images and what they show, `(n,)` numbers from 0."""

    images: Source
    labels: Labels


class Arrays:
    """Decoded images of one size, `(n, height, width, 3)`."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def image(self, row: int) -> Image.Image:
        """Return an image in RGB."""
        return Image.fromarray(self.pixels[row])

    def digest(self) -> bytes:
        """Return a checksum of all pixels."""
        return hashlib.blake2b(np.ascontiguousarray(self.pixels).data).digest()


class _Files:
    """Image files, read when they are asked for."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self.root, self.paths = root, paths

    def __len__(self) -> int:
        return len(self.paths)

    def image(self, row: int) -> Image.Image:
        path = self.root / self.paths[row]
        return _decoded(path, str(path))

    def digest(self) -> bytes:
        return hashlib.blake2b("\n".join(self.paths).encode()).digest()


class _Encoded:
    """Images as the bytes of their files."""

    def __init__(self, content: Sequence[bytes], path: Path) -> None:
        self.content, self.path = content, path

    def __len__(self) -> int:
        return len(self.content)

    def image(self, row: int) -> Image.Image:
        return _decoded(io.BytesIO(self.content[row]), f"image {row} of {self.path}")

    def digest(self) -> bytes:
        return hashlib.blake2b(b"".join(hashlib.blake2b(one).digest() for one in self.content)).digest()


def _decoded(file: Path | io.BytesIO, name: str) -> Image.Image:
    try:
        with Image.open(file) as image:
            return image.convert("RGB")
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        reason = "no image that Pillow knows" if isinstance(error, UnidentifiedImageError) else error
        raise InvalidImages(f"{name} cannot be decoded: {reason}; replace it with a fresh copy.") from None


def read_images(path: Path) -> tuple[Labelled, Labelled | None, list[str]]:
    """Return the images for training, those for validation (None where there are none), and the names of classes.

    Raises:
        NotFound: there is nothing at the path.
        InvalidImages: it holds no images in one of the known layouts, or they are damaged.
    """
    if not path.exists():
        raise NotFound(f"there are no images at {path}.")
    if path.suffix == ".npz":
        train, val = _npz(path)
    elif path.suffix == ".parquet":
        train, val = _parquet(path), None
    elif (path / "train").is_dir():
        return _folders(path)
    elif (path / f"{_IDX['train']}-images-idx3-ubyte.gz").is_file():
        train, val = (_idx(path, stem) for stem in _IDX.values())
    elif tables := sorted(path.glob("*train*.parquet")):
        others = sorted(found for part in ("val", "test") for found in path.glob(f"*{part}*.parquet"))
        if len(tables) > 1 or len(others) > 1:
            raise InvalidImages(f"{path} holds several Parquet files of one part; keep one *train* and one *val*.")
        train, val = _parquet(tables[0]), _parquet(others[0]) if others else None
    else:
        raise InvalidImages(
            f"{path} holds no images: it must be a folder with train/CLASS/ and val/CLASS/, a Parquet file with "
            "image and label (or a folder of two, *train* and *val*), an .npz file, or Fashion-MNIST's folder."
        )
    classes = 1 + max(int(part.labels.max(initial=-1)) for part in (train, val) if part is not None)
    return train, val, [str(label) for label in range(classes)]


def _folders(path: Path) -> tuple[Labelled, Labelled | None, list[str]]:
    classes = sorted(child.name for child in (path / "train").iterdir() if child.is_dir())
    if not classes:
        raise InvalidImages(f"{path / 'train'} has no folders of classes, such as train/n01440764/.")
    train = _folder(path / "train", classes)
    if not (path / "val").is_dir():
        return train, None, classes
    if unknown := sorted({child.name for child in (path / "val").iterdir() if child.is_dir()} - set(classes)):
        raise InvalidImages(f"{path / 'val'} has the class {unknown[0]}, which {path / 'train'} has not.")
    return train, _folder(path / "val", classes), classes


def _folder(root: Path, classes: Sequence[str]) -> Labelled:
    names, labels = [], []
    for label, name in enumerate(classes):
        found = sorted(f"{name}/{file.name}" for file in (root / name).glob("*") if file.suffix.lower() in _SUFFIXES)
        names += found
        labels += [label] * len(found)
    if not names:
        raise InvalidImages(f"{root} has no images ({', '.join(sorted(_SUFFIXES))}) in its folders of classes.")
    return Labelled(_Files(root, names), np.array(labels, dtype=np.int64))


def _parquet(path: Path) -> Labelled:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            table = file.read(["image", "label"])
        content, labels = table["image"].to_pylist(), table["label"].to_numpy()
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise InvalidImages(f"{path} is no Parquet file with the columns image and label: {error}.") from None
    if content and isinstance(content[0], dict):  # as the data sets of Hugging Face have it
        content = [one.get("bytes") for one in content]
    if not all(isinstance(one, bytes) for one in content):
        raise InvalidImages(f"the column image of {path} must hold encoded images as bytes, none missing.")
    return Labelled(_in_memory(_Encoded(content, path)), _labels(labels, len(content), "label", path))


def _in_memory(source: _Encoded) -> Source:
    """Return the images decoded if they have one size and are not too much."""
    width, height = source.image(0).size if len(source) else (0, 0)
    if width * height * 3 * len(source) > _MEMORY:
        return source
    pixels = np.empty((len(source), height, width, 3), np.uint8)
    for row in range(len(source)):
        image = source.image(row)
        if image.size != (width, height):
            return source
        pixels[row] = np.asarray(image)
    return Arrays(pixels)


def _npz(path: Path) -> tuple[Labelled, Labelled | None]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidImages(f"{path} cannot be read as an .npz file of plain arrays: {error}.") from None
    parts = ["train", "valid"] if {"x_train", "y_train"} <= arrays.keys() else [""]
    keys = [(f"x_{part}".rstrip("_"), f"y_{part}".rstrip("_")) for part in parts]
    keys = [(x, y) for x, y in keys if {x, y} <= arrays.keys()]
    if not keys:
        raise InvalidImages(f"{path} must hold x_train and y_train (x_valid, x_test and theirs, too), or x and y.")
    raw = np.concatenate([arrays[x] for x, _ in keys])
    train = Labelled(
        Arrays(_pixels(raw, raw, path)), np.concatenate([_labels(arrays[y], len(arrays[x]), y, path) for x, y in keys])
    )
    if not {"x_test", "y_test"} <= arrays.keys():
        return train, None
    test = _pixels(arrays["x_test"], raw, path)
    return train, Labelled(Arrays(test), _labels(arrays["y_test"], len(test), "y_test", path))


def _pixels(array: NDArray[np.generic], training: NDArray[np.generic], path: Path) -> Pixels:
    """Return bytes in three colours; numbers of another type are scaled so that the training images span 0 to 255."""
    if (
        array.ndim not in (3, 4)
        or array.dtype.kind not in "uifb"
        or (array.ndim == 4 and array.shape[3] not in (1, 3))
    ):
        raise InvalidImages(
            f"{path} has images of shape {array.shape} and type {array.dtype}; they are numbers of shape "
            "(n, height, width), or with 1 or 3 colours last."
        )
    if array.dtype != np.uint8:
        low, high = float(training.min()), float(training.max())
        if not np.isfinite([low, high]).all() or low == high:
            raise InvalidImages(f"the training images of {path} span {low} to {high}; there is nothing to learn.")
        array = np.clip(np.rint((array.astype(np.float32) - low) / (high - low) * 255), 0, 255).astype(np.uint8)
    colours = array[..., None] if array.ndim == 3 else array
    return np.ascontiguousarray(np.broadcast_to(colours, (*colours.shape[:3], 3)), dtype=np.uint8)


def _labels(values: NDArray[np.generic], count: int, name: str, path: Path) -> Labels:
    if values.shape != (count,) or values.dtype.kind not in "ui" or (count and values.astype(np.int64).min() < 0):
        raise InvalidImages(f"{name} of {path} must be {count} whole numbers from 0, none missing.")
    return values.astype(np.int64)


def _idx(root: Path, stem: str) -> Labelled:
    """Read a pair of the files of MNIST and its successors."""
    images = _idx_array(root / f"{stem}-images-idx3-ubyte.gz", 3)
    labels = _idx_array(root / f"{stem}-labels-idx1-ubyte.gz", 1)
    return Labelled(Arrays(_pixels(images, images, root)), _labels(labels, len(images), f"{stem}-labels", root))


def _idx_array(path: Path, dimensions: int) -> NDArray[np.uint8]:
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise InvalidImages(f"{path} cannot be read: {error}.") from None
    shape = np.frombuffer(content, ">i4", dimensions, 4) if len(content) > 4 * (dimensions + 1) else np.zeros(1, int)
    start = 4 * (dimensions + 1)
    if content[:4] != bytes([0, 0, 8, dimensions]) or len(content) - start != shape.prod():
        raise InvalidImages(f"{path} is no idx file of bytes with {dimensions} dimensions, or it is cut short.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
