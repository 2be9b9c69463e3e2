"""Where images come from: folders, Parquet, `.npz` and Fashion-MNIST's files."""

import gzip
import json
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidImages, NotFound, system_sentence
from ..image_arrays import Labels, as_labels, read_image_arrays
from .folders import classes_in, images_in
from .image_store import Arrays, EncodedImages, ImageFiles, ImageStore, Labelled, Pixels

__all__ = ["read_images"]

_MEMORY = 1 << 30  # bytes of decoded images up to which they are kept decoded
_CLASSES = 1_000_000  # a larger class number is a mistake
_IDX = {"train": "train", "val": "t10k"}
_VAL = ("val", "valid", "validation", "test")  # folders of images for validation, the first that is there


def read_images(path: Path) -> tuple[Labelled | None, Labelled | None, list[str]]:
    """Return the images for training, those for validation (None where there are none), and the names of classes.

    Raises:
        NotFound: there is nothing at the path.
        InvalidImages: it holds no images in one of the known layouts, or they are damaged.
    """
    if not path.exists():
        raise NotFound(f"there are no images at {path}.")
    names: list[str] | None = None
    if path.suffix == ".npz":
        train, val = _npz(path)
    elif path.suffix == ".parquet":
        (train, names), val = _parquet(path), None
    elif any((path / part).is_dir() for part in ("train", *_VAL)):
        return _folders(path)
    elif any(_idx_file(path, stem).is_file() for stem in _IDX.values()):
        train, val = (_idx(path, stem) if _idx_file(path, stem).is_file() else None for stem in _IDX.values())
    else:
        train, val, names = _parquets(path)
    parts = [part for part in (train, val) if part is not None]
    if not all(len(part.labels) for part in parts):
        raise InvalidImages(f"{path} has a part without any images.")
    classes = 1 + max(int(part.labels.max()) for part in parts)
    if classes > _CLASSES:
        raise InvalidImages(f"{path} has a class of the number {classes - 1:,}; number classes from 0.")
    named = names is not None and len(set(names)) == len(names) >= classes
    return train, val, names if names and named else [str(label) for label in range(classes)]


def _folders(path: Path) -> tuple[Labelled | None, Labelled | None, list[str]]:
    train, val = (
        next((path / part for part in names if (path / part).is_dir()), None) for names in (("train",), _VAL)
    )
    classes = classes_in(train or val or path)
    if train and val and (unknown := sorted(set(classes_in(val)) - set(classes))):
        raise InvalidImages(f"{val} has the class {unknown[0]!r}, which {train} has not.")
    parts = [None if part is None else _folder(part, classes) for part in (train, val)]
    return parts[0], parts[1], classes


def _folder(root: Path, classes: Sequence[str]) -> Labelled:
    names, labels = [], []
    for label, name in enumerate(classes):
        found = images_in(root, name)
        names += found
        labels += [label] * len(found)
    if not names:
        raise InvalidImages(f"{root} has no images in its folders of classes.")
    return Labelled(ImageFiles(root, names), np.array(labels, dtype=np.int64))


def _parquets(path: Path) -> tuple[Labelled | None, Labelled | None, list[str] | None]:
    """Read a folder of up to two Parquet files."""
    tables = sorted(path.glob("*train*.parquet"))
    others = sorted({found for part in ("val", "test") for found in path.glob(f"*{part}*.parquet")} - {*tables})
    if len(tables) > 1 or len(others) > 1:
        raise InvalidImages(f"{path} holds several Parquet files of one part; keep one *train* and one *val*.")
    if not tables and not others:
        raise InvalidImages(
            f"{path} holds no images: it must be a folder with train/CLASS/ and val/CLASS/, a Parquet file with "
            "image and label (or a folder of two, *train* and *val*), an .npz file, or Fashion-MNIST's folder."
        )
    train, val = (_parquet(found[0]) if found else None for found in (tables, others))
    if train and val and train[1] and val[1] and train[1] != val[1]:
        raise InvalidImages(f"{tables[0]} and {others[0]} name other classes; make them agree.")
    names = (train or val or (None, None))[1]
    return train and train[0], val and val[0], names


def _parquet(path: Path) -> tuple[Labelled, list[str] | None]:
    """Return the images of a file, and the names of the classes if it has them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(["image", "label"])
        content, labels = table["image"].to_pylist(), table["label"].to_numpy()
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise InvalidImages(
            f"{path} is no Parquet file with the columns image and label: {system_sentence(error)}."
        ) from None
    if content and isinstance(content[0], dict):  # as the data sets of Hugging Face have it
        content = [one.get("bytes") if isinstance(one, dict) else None for one in content]
    if not all(isinstance(one, bytes) for one in content):
        raise InvalidImages(f"the column image of {path} must hold encoded images as bytes, none missing.")
    found = Labelled(_in_memory(EncodedImages(content, path)), as_labels(labels, len(content), "label", path))
    return found, _class_names(table.schema.metadata or {})


def _class_names(metadata: dict[bytes, bytes]) -> list[str] | None:
    """Return the names that a file gives its classes: in `classes`, by commas, or as Hugging Face does."""
    if b"classes" in metadata:
        return [name.strip() for name in metadata[b"classes"].decode(errors="replace").split(",")]
    try:
        names = json.loads(metadata[b"huggingface"])["info"]["features"]["label"]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _in_memory(source: EncodedImages) -> ImageStore:
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


def _npz(path: Path) -> tuple[Labelled | None, Labelled | None]:
    """Return the images for training, those of the split `valid` among them, and those of the split `test`."""
    splits = read_image_arrays(path)
    train = [splits[name] for name in ("train", "valid") if name in splits] if "train" in splits else []
    train = train or [splits[name] for name in ("all",) if name in splits]
    test = [splits[name] for name in ("test",) if name in splits]
    if not train and not test:
        raise InvalidImages(f"{path} must hold x_train and y_train (x_valid, x_test and theirs, too), or x and y.")
    _check_kinds([images for images, _ in train + test], path)
    span = _span([images for images, _ in train or test], path)

    def joined(pairs: Sequence[tuple[NDArray[Any], Labels]]) -> Labelled:
        pixels = [_pixels(images, span, path) for images, _ in pairs]
        if len({one.shape[1:] for one in pixels}) > 1:
            raise InvalidImages(f"x_train and x_valid of {path} are images of several sizes; make them of one.")
        return Labelled(Arrays(np.concatenate(pixels)), np.concatenate([labels for _, labels in pairs]))

    return joined(train) if train else None, joined(test) if test else None


def _check_kinds(arrays: Sequence[NDArray[Any]], path: Path) -> None:
    if not all(array.ndim == 3 or array.shape[3] in (1, 3) for array in arrays):
        raise InvalidImages(f"the images of {path} must have 1 or 3 colours, or none, in their last dimension.")
    if len({array.dtype == np.uint8 for array in arrays}) > 1:
        raise InvalidImages(f"some images of {path} are bytes and some are other numbers; save them as one type.")


def _span(arrays: Sequence[NDArray[Any]], path: Path) -> tuple[float, float]:
    """Return the least and the largest number, 0 and 255 where all are bytes.

    Raises:
        InvalidImages: there is nothing between them.
    """
    if all(array.dtype == np.uint8 for array in arrays):
        return 0.0, 255.0
    known = [array for array in arrays if array.size]
    low, high = (float(end([end(array) for array in known])) if known else 0.0 for end in (np.min, np.max))
    if not np.isfinite([low, high]).all() or low == high:
        raise InvalidImages(f"the training images of {path} span {low} to {high}; there is nothing to learn.")
    return low, high


def _pixels(array: NDArray[Any], span: tuple[float, float], path: Path) -> Pixels:
    """Return bytes in three colours; numbers of another type are scaled so that the training images span 0 to 255."""
    if array.dtype != np.uint8:
        if not np.isfinite(array).all():
            raise InvalidImages(f"the images of {path} hold numbers that are missing or infinite; take them out.")
        low, high = span
        array = np.clip(np.rint((array.astype(np.float32) - low) / (high - low) * 255), 0, 255).astype(np.uint8)
    colours = array[..., None] if array.ndim == 3 else array
    return np.ascontiguousarray(np.broadcast_to(colours, (*colours.shape[:3], 3)), dtype=np.uint8)


def _idx_file(root: Path, stem: str) -> Path:
    return root / f"{stem}-images-idx3-ubyte.gz"


def _idx(root: Path, stem: str) -> Labelled:
    """Read a pair of the files of MNIST and its successors."""
    images = _idx_array(_idx_file(root, stem), 3)
    labels = _idx_array(root / f"{stem}-labels-idx1-ubyte.gz", 1)
    return Labelled(Arrays(_pixels(images, (0, 255), root)), as_labels(labels, len(images), f"{stem}-labels", root))


def _idx_array(path: Path, dimensions: int) -> NDArray[np.uint8]:
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidImages(f"{path} cannot be read: {system_sentence(error)}.") from None
    start = 4 * (dimensions + 1)
    shape = np.frombuffer(content, ">i4", dimensions, 4).tolist() if len(content) >= start else [-1]
    if content[:4] != bytes([0, 0, 8, dimensions]) or min(shape) < 0 or len(content) - start != prod(shape):
        raise InvalidImages(f"{path} is no idx file of bytes with {dimensions} dimensions, or it is cut short.")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
