"""Images for supernets: opened from several layouts, split, and read in batches.

Nothing here changes how images look beyond the crop: augmentation and normalisation are done on the device.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import isfinite
from os import cpu_count
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import InvalidImages, InvalidOption
from ..image_arrays import Labels
from .crops import IMAGENET_MEAN, IMAGENET_STD, Crop
from .image_files import read_images
from .image_store import Arrays, ImageStore, Labelled

__all__ = ["ImageSplit", "Images", "ahead", "batches", "normalise", "open_images", "ordered"]

_HASHED = 64  # images that a thread hashes at a time

Item = TypeVar("Item")
Loaded = TypeVar("Loaded")


class ImageSplit:
    """The images of one split.

    Attributes:
        labels: `(n,)` class numbers.
    """

    def __init__(self, store: ImageStore, labels: Labels, rows: NDArray[np.int64]) -> None:
        self._store, self._labels, self._rows = store, labels, rows
        self.labels = torch.from_numpy(labels[rows])

    def __len__(self) -> int:
        return len(self._rows)

    @cached_property
    def digest(self) -> str:
        """A checksum of the contents of all images, and their labels."""
        return self.digest_of(np.arange(len(self)))

    @cached_property
    def outline(self) -> str:
        """A checksum of names and sizes of image files (of all else the contents), and of the labels.

        It needs no reading of a million files, and tells one data set from another, wherever it lies.
        """
        return self._digest(np.arange(len(self)), self._store.outline)

    def digest_of(self, rows: NDArray[np.int64]) -> str:
        """Return a checksum of the contents of some images, and their labels.

        Raises:
            InvalidImages: one cannot be read.
        """
        return self._digest(rows, self._store.content)

    def _digest(self, rows: NDArray[np.int64], of: Callable[[int], bytes]) -> str:
        def some(at: NDArray[np.int64]) -> bytes:
            return b"".join(hashlib.blake2b(of(row), digest_size=16).digest() for row in at.tolist())

        parts = np.split(self._rows[rows], range(_HASHED, len(rows), _HASHED))
        total = hashlib.blake2b(self.labels.numpy()[rows].tobytes(), digest_size=16)
        with ThreadPoolExecutor(min(8, cpu_count() or 1)) as threads:
            for found in threads.map(some, parts):
                total.update(found)
        return total.hexdigest()

    def take(self, rows: NDArray[np.int64]) -> "ImageSplit":
        """Return some of the images, by their numbers in this split."""
        return ImageSplit(self._store, self._labels, self._rows[rows])

    def renumbered(self, numbers: NDArray[np.int64]) -> "ImageSplit":
        """Return the same images with other class numbers, `numbers[label]` for each label."""
        return ImageSplit(self._store, numbers[self._labels], self._rows)

    def read(self, rows: NDArray[np.int64], crop: Crop | None = None, seed: tuple[int, ...] = ()) -> Tensor:
        """Return `(len(rows), 3, h, w)` images as bytes.

        Args:
            rows: numbers of images in this split.
            crop: makes squares of one size of them; None for images that have one size already.
            seed: of random crops; every image draws by its own number and this.

        Raises:
            InvalidImages: an image is damaged, or they have several sizes.
        """
        at = self._rows[rows]
        if crop is None and isinstance(self._store, Arrays):
            return torch.from_numpy(self._store.pixels[at]).permute(0, 3, 1, 2).contiguous()

        def one(row: int) -> NDArray[np.uint8]:
            image = self._store.image(row)
            return np.asarray(image if crop is None else crop(image, np.random.default_rng((*seed, row))))

        with ThreadPoolExecutor(min(8, cpu_count() or 1)) as threads:  # decoding leaves Python's lock
            found = list(threads.map(one, at.tolist()))
        if len({image.shape for image in found}) > 1:
            raise InvalidImages("the images have several sizes; they need a crop to be put into one batch.")
        return torch.from_numpy(np.stack(found)).permute(0, 3, 1, 2).contiguous()


@dataclass(frozen=True, slots=True)
class Images:
    """A data set in three parts.

    Attributes:
        name: the name of its file or folder.
        classes: the names of the classes, in the order of their numbers.
        train: the training images without the held-out ones; empty where there are none.
        held_out: a fixed random part of the training images, which a search scores architectures on; perhaps empty.
        val: the images for validation, which only a report looks at; None where there are none.
        side: height and width if all images are squares of one size in memory, else None.
        split: how the held-out part was drawn, the `held_out` and `seed` of `open_images`.
        mean: of each colour, over all training images (ImageNet's for files).
        std: likewise.
    """

    name: str
    classes: tuple[str, ...]
    train: ImageSplit
    held_out: ImageSplit
    val: ImageSplit | None
    side: int | None
    split: tuple[float | None, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def part(self, name: str) -> ImageSplit:
        """Return a split by its name, `train`, `held-out` or `val`.

        Raises:
            InvalidOption: there is no such split.
        """
        parts = {"train": self.train, "held-out": self.held_out, "val": self.val}
        if not (found := parts.get(name)):
            have = ", ".join(split for split, part in parts.items() if part)
            raise InvalidOption(f"{self.name} has no split {name!r}; it has {have}.")
        return found

    def renumbered(self, numbers: NDArray[np.int64], classes: tuple[str, ...]) -> "Images":
        """Return the same images with the class numbers of others, whose names are `classes`."""
        train, held_out = (part.renumbered(numbers) for part in (self.train, self.held_out))
        val = self.val and self.val.renumbered(numbers)
        return replace(self, classes=classes, train=train, held_out=held_out, val=val)


def open_images(path: Path | str, *, held_out: float | None = 0.1, seed: int = 0) -> Images:
    """Open a data set.

    It is a folder with `train/CLASS/` and perhaps `val/CLASS/` (or `valid`, `validation`, `test`; classes are numbered
    in the order of their names; as ImageNet is laid out), a Parquet file with `image` (encoded) and `label`, a folder
    of two such files, `*train*` and `*val*` or `*test*`, an `.npz` file (`x_train`, `y_train`, perhaps `x_valid`,
    `x_test` and theirs; or `x`, `y`), or the folder with Fashion-MNIST's four files. Small images of one size are
    decoded once and kept.

    Args:
        path: where it is.
        held_out: how much of the training images is held out, a share below 1 or a number of images; None for
            nothing, and then images for validation alone will do.
        seed: of the split.

    Raises:
        NotFound: there is nothing at the path.
        InvalidImages: it holds no images in one of these layouts, or they are damaged.
        InvalidOption: `held_out` leaves no images in one of the two parts, or one of the options is no number.
    """
    path = Path(path)
    _check_split(held_out, seed)
    train, val, classes = read_images(path)
    if train is None:
        if held_out is not None:
            raise InvalidImages(f"{path} has no images for training, only for validation; name those too.")
        assert val is not None
        train, pixels = Labelled(val.images, val.labels[:0]), val.images
    else:
        pixels = train.images
    total = len(train.labels)
    count = 0 if held_out is None else round(held_out * total) if held_out < 1 else int(held_out)
    if held_out is not None and not 0 < count < total:
        raise InvalidOption(
            f"held_out={held_out} of the {total:,} training images of {path} leaves one part empty; name a share "
            "between 0 and 1, or a number of images."
        )
    shuffled = np.random.default_rng(seed).permutation(total)
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    side = None
    if isinstance(pixels, Arrays):
        mean, std = pixels.colours()
        height, width = pixels.pixels.shape[1:3]
        side = height if height == width else None
    return Images(
        name=path.stem,
        classes=tuple(classes),
        train=ImageSplit(*train, np.sort(shuffled[count:])),
        held_out=ImageSplit(*train, np.sort(shuffled[:count])),
        val=None if val is None else ImageSplit(*val, np.arange(len(val.labels))),
        side=side,
        split=(held_out, seed),
        mean=mean,
        std=std,
    )


def _check_split(held_out: Any, seed: Any) -> None:
    if held_out is not None and not (
        isinstance(held_out, int | float) and not isinstance(held_out, bool) and isfinite(held_out)
    ):
        raise InvalidOption(f"held_out is a share below 1 or a number of images, not {held_out!r}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidOption(f"the seed of a split is a whole number from 0, not {seed!r}.")


def normalise(images: Tensor, data: Images) -> Tensor:
    """Return `(n, 3, h, w)` bytes as float32 numbers with the data set's mean and deviation taken out."""
    mean, std = _on(images.device, data.mean), _on(images.device, data.std)
    return (images.float() / 255 - mean) / std


@lru_cache(maxsize=8)  # a copy to a GPU waits for all that runs there
def _on(device: torch.device, values: tuple[float, ...]) -> Tensor:
    with torch.inference_mode(False):
        return torch.tensor(values, device=device).view(3, 1, 1)


def ordered(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order in which an epoch goes through `count` images: a function of seed and epoch alone."""
    return np.random.default_rng((seed, epoch)).permutation(count)


def batches(
    part: ImageSplit,
    size: int,
    *,
    crop: Crop | None = None,
    seed: int = 0,
    epoch: int = 0,
    first: int = 0,
    share: tuple[int, int] = (0, 1),
    pinned: bool = False,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the full batches of an epoch in random order: images as bytes `(n, 3, h, w)`, and labels `(n,)`.

    Order and crops are functions of seed, epoch and the image, so that a run that was stopped goes on alike. The next
    batch is read while one is in use.

    Args:
        part: the split.
        size: images in a batch, those of all processes together.
        crop: see `ImageSplit.read`.
        seed: of order and crops.
        epoch: which pass through the images.
        first: the batch to begin with.
        share: which process this is, and how many there are; each reads its part of every batch.
        pinned: whether images lie in memory from which a GPU copies them while it computes.

    Raises:
        InvalidOption: a batch is larger than the split, or not a multiple of the number of processes.
        InvalidImages: an image is damaged.
    """
    rank, processes = share
    if not 0 < size <= len(part) or size % processes:
        raise InvalidOption(
            f"a batch of {size} does not go into {len(part):,} images and {processes} processes; choose a multiple of "
            "the processes that is no larger than the split."
        )
    order = ordered(len(part), seed, epoch)
    starts = range(first * size + rank * (size // processes), len(part) // size * size, size)

    def load(start: int) -> tuple[Tensor, Tensor]:
        rows = order[start : start + size // processes]
        images, labels = part.read(rows, crop, (seed, epoch)), part.labels[rows]
        return (images.pin_memory(), labels.pin_memory()) if pinned else (images, labels)

    yield from ahead(load, starts)


def ahead(load: Callable[[Item], Loaded], items: Iterable[Item]) -> Iterator[Loaded]:
    """Yield what `load` makes of each item, loading the next while one is in use."""
    with ThreadPoolExecutor(1) as thread:
        coming: list[Future[Loaded]] = []
        for item in items:
            coming.append(thread.submit(load, item))
            if len(coming) > 1:
                yield coming.pop(0).result()
        for last in coming:
            yield last.result()
