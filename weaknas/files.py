"""Writing files whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from .errors import WeaknasError

__all__ = ["check_writable", "write_atomically"]


def check_writable(path: str | Path) -> Path:
    """Return the path if a file can be written there, so that long work does not end with nowhere to go.

    Raises:
        WeaknasError: the folder is missing or cannot be written to, or the path is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise WeaknasError(f"cannot write {target}: it is a folder; name a file in it.")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            return target
    except OSError as error:
        raise WeaknasError(f"cannot write {target}: {error.strerror or error}; choose another place.") from error


def write_atomically(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Have `write` fill a file beside `path`, then move it there; a failure leaves what was there before.

    Raises:
        WeaknasError: the file cannot be written.
    """
    target = check_writable(path)
    part = target.with_name(f".{target.name}.{uuid4().hex}.part")
    try:
        write(part)
        os.replace(part, target)
    except OSError as error:
        raise WeaknasError(f"cannot write {target}: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return target
