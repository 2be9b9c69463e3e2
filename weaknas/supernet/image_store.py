"""What numbered images are kept in: arrays, files, or the bytes of files."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import InvalidImages, system_sentence
from ..image_arrays import Labels
from .decoding import decoded

__all__ = ["Arrays", "EncodedImages", "ImageFiles", "ImageStore", "Labelled", "Pixels"]

Pixels = NDArray[np.uint8]  # (n, height, width, 3)


class ImageStore(Protocol):
    """Numbered images."""

    def __len__(self) -> int: ...

    def image(self, row: int) -> Image.Image:
        """Return an image in RGB.

        Raises:
            InvalidImages: it is damaged.
        """
        ...

    def content(self, row: int) -> bytes:
        """Return the bytes that an image follows from.

        Raises:
            InvalidImages: they cannot be read.
        """
        ...

    def outline(self, row: int) -> bytes:
        """Return what tells an image from others without reading a file: its name and size, or else its content."""
        ...


class Labelled(NamedTuple):
    """Images and what they show, `(n,)` numbers from 0."""

    images: ImageStore
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

    def content(self, row: int) -> bytes:
        """Return the pixels of an image."""
        return self.pixels[row].tobytes()

    outline = content

    def colours(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return mean and deviation of each colour, exactly, from the counts of the 256 values."""
        counts = [np.bincount(self.pixels[..., colour].ravel(), minlength=256) for colour in range(3)]
        values = np.arange(256) / 255
        means = [np.average(values, weights=count) for count in counts]
        variances = [
            np.average((values - mean) ** 2, weights=count) for mean, count in zip(means, counts, strict=True)
        ]
        return tuple(map(float, means)), tuple(max(float(np.sqrt(variance)), 1e-6) for variance in variances)


class ImageFiles:
    """Image files, read when they are asked for."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self.root, self.paths = root, paths

    def __len__(self) -> int:
        return len(self.paths)

    def image(self, row: int) -> Image.Image:
        """Return an image in RGB."""
        path = self.root / self.paths[row]
        return decoded(path, str(path))

    def content(self, row: int) -> bytes:
        """Return the bytes of an image's file."""
        path = self.root / self.paths[row]
        try:
            return path.read_bytes()
        except OSError as error:
            raise InvalidImages(f"an image cannot be read ({system_sentence(error)}); put it back.") from None

    def outline(self, row: int) -> bytes:
        """Return the name of an image's file, and its size."""
        path = self.root / self.paths[row]
        try:
            return f"{self.paths[row]}\n{path.stat().st_size}".encode("utf-8", "surrogateescape")
        except OSError as error:
            raise InvalidImages(f"an image cannot be read ({system_sentence(error)}); put it back.") from None


class EncodedImages:
    """Images as the bytes of their files."""

    def __init__(self, files: Sequence[bytes], path: Path) -> None:
        self.files, self.path = files, path

    def __len__(self) -> int:
        return len(self.files)

    def image(self, row: int) -> Image.Image:
        """Return an image in RGB."""
        return decoded(io.BytesIO(self.files[row]), f"image {row} of {self.path}")

    def content(self, row: int) -> bytes:
        """Return the bytes of an image's file."""
        return self.files[row]

    outline = content
