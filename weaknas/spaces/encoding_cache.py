"""Encoded matrices on disk: named by all that they follow from, and checked before they are used.

A file is a matrix in numpy's format, followed by a digest of its name's key and of every byte before it. A matrix that
was altered, cut short or written for something else does not have that digest, and is made again.
"""

import io
import re
import time
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
from platformdirs import user_cache_path

from ..errors import WeaknasError
from ..files import write_atomically
from .arrays import Floats

__all__ = ["Blocks", "cache_directory", "kept"]

Blocks = Callable[[], Iterator[Floats]]
"""Gives a matrix anew, block of rows after block of rows."""

_DIGEST: Final = 32  # bytes
_CHUNK: Final = 1 << 20
_SETTLED: Final = 2_000_000_000  # nanoseconds after which a change of a file shows in its time for certain


def cache_directory() -> Path:
    """Where encoded matrices are kept; they can be deleted at any time."""
    return user_cache_path("weaknas") / "encodings"


def kept(title: str, key: bytes, rows: int, blocks: Blocks) -> Floats | None:
    """Return a matrix from the disk, memory-mapped and read-only, where it is written first if it is not there.

    Args:
        title: what it is, for the file's name.
        key: a digest of all that it follows from.
        rows: how many it has.
        blocks: the matrix, if it has to be made.

    Returns:
        None where it cannot be kept, on a full disk or one that may not be written to.
    """
    path = cache_directory() / f"{re.sub('[^a-z0-9]+', '_', title.lower())[:60]}-{key.hex()}.npy"
    matrix = _read(path, key)
    if matrix is None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, partial(_write, key=key, rows=rows, blocks=blocks))
        except (OSError, WeaknasError):
            return None
        matrix = _read(path, key)
    return matrix


def _write(path: Path, key: bytes, rows: int, blocks: Blocks) -> None:
    """Write every byte, so that a full disk says so here, and not by a signal to whoever touches a mapped page."""
    digest = blake2b(key, digest_size=_DIGEST)
    with path.open("wb") as file:
        for number, block in enumerate(blocks()):
            content = block.astype("<f4").tobytes()
            if number == 0:
                header = io.BytesIO()
                about = {"descr": "<f4", "fortran_order": False, "shape": (rows, block.shape[1])}
                np.lib.format.write_array_header_1_0(header, about)
                content = header.getvalue() + content
            digest.update(content)
            file.write(content)
        file.write(digest.digest())


def _read(path: Path, key: bytes) -> Floats | None:
    """Return the matrix of a file, None if it is not there or not as it was written."""
    try:
        state = path.stat()
        # A file is read through once, and again when its time or size is another. Times are coarse: one that changed
        # just now may change again without showing it.
        check = _checked if time.time_ns() - state.st_mtime_ns > _SETTLED else _checked.__wrapped__
        return check(path, key, state.st_ino, state.st_size, state.st_mtime_ns)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=64)
def _checked(path: Path, key: bytes, node: int, size: int, time: int) -> Floats | None:
    digest = blake2b(key, digest_size=_DIGEST)
    with path.open("rb") as file:
        left = size - _DIGEST
        while left > 0 and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        if left or file.read() != digest.digest():
            return None
    matrix: Floats = np.load(path, mmap_mode="r")
    return matrix
