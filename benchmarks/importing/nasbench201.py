"""NAS-Bench-201's official files, `NAS-Bench-201-v1_0-e61699.pth` and `NAS-Bench-201-v1_1-096897.pth`.

Such a file is one pickle, written by `torch.save`: `meta_archs`, the official strings; `evaluated_indexes`; and
`arch2infos`, for each index the records `less` (12 epochs) and `full` (200 epochs), as the package nas-bench-201
writes them. It can only be loaded as a whole.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import rich.progress

from weaknas.errors import InvalidTable, NotFound, WeaknasError

from .official import ImportedTable, console
from .records201 import DATASETS, TOPOLOGY, Records

__all__ = ["NasBench201File", "memory_available", "memory_needed"]

_MEMORY: Final = 6.0
"""Bytes of memory for each byte of the file (docs/importing.md says how it was measured)."""


class NasBench201File:
    """One of the official files.

    Args:
        path: the file.
        allow_pickle: whether a file that holds more than plain data may be loaded, which can run any code.
    """

    name = TOPOLOGY.name
    datasets = tuple(dataset.name for dataset in DATASETS)

    def __init__(self, path: Path, allow_pickle: bool = False) -> None:
        self._path = path
        self._allow_pickle = allow_pickle

    def tables(self) -> Iterator[ImportedTable]:
        """Load the file and yield the tables."""
        content = self._load()
        try:
            texts, infos = content["meta_archs"], content["arch2infos"]
            schedules = {index: {12: infos[index]["less"], 200: infos[index]["full"]} for index in sorted(infos)}
            named = {texts[index]: both for index, both in schedules.items()}
        except (KeyError, IndexError, TypeError) as error:
            raise InvalidTable(
                f"{self._path.name} is no file of NAS-Bench-201: it has no list meta_archs, or no records arch2infos "
                "with less and full for each."
            ) from error
        records = Records(TOPOLOGY, len(named), self._path.name)
        for text, record in rich.progress.track(
            named.items(), self._path.name, console=console, disable=not console.is_terminal
        ):
            records.add(text, record)
        return records.tables()

    def _load(self) -> Any:
        """Load the file as plain data, or as what it is where that is allowed.

        Raises:
            NotFound: torch is not installed.
            WeaknasError: there is not enough memory.
            InvalidTable: the file is truncated, or is more than plain data and that is not allowed.
        """
        try:
            import torch
        except ModuleNotFoundError as error:
            raise NotFound(
                "importing a .pth file needs torch; install it with: pip install 'weaknas[torch]'."
            ) from error
        self._check_memory()
        self._check_complete()
        try:
            with torch.serialization.safe_globals(_numpy_scalars()):
                return torch.load(self._path, map_location="cpu", weights_only=not self._allow_pickle)
        except MemoryError as error:
            raise self._too_large("that much was not to be had") from error
        except Exception as error:  # a damaged pickle can fail in any way
            asked_for = re.search(r"GLOBAL (\S+) was not an allowed", str(error))
            if asked_for is None:
                raise self._damaged() from error
            raise InvalidTable(
                f"{self._path.name} holds more than plain data ({asked_for[1]}), and loading it could run any code "
                "that its author put there; if you trust where you have it from, add --allow-pickle."
            ) from error

    def _check_complete(self) -> None:
        """Compare the checksums that torch's own format, a zip archive, has of its parts; torch itself does not.

        Raises:
            InvalidTable: one is wrong.
        """
        if zipfile.is_zipfile(self._path):
            try:
                with zipfile.ZipFile(self._path) as archive:
                    altered = archive.testzip()
            except Exception as error:  # a damaged archive can fail in any way
                raise self._damaged() from error
            if altered is not None:
                raise self._damaged()

    def _damaged(self) -> InvalidTable:
        return InvalidTable(f"{self._path} is truncated, altered or no file of torch.save; get the whole file again.")

    def _check_memory(self) -> None:
        needed, free = memory_needed(self._path.stat().st_size), memory_available()
        known = "" if free is None else f"; {free / 2**30:.1f} GB are available"
        console.print(
            f"loading {self._path.name} whole takes about {needed / 2**30:.1f} GB of memory{known}", soft_wrap=True
        )
        if free is not None and needed > free:
            raise self._too_large(f"{free / 2**30:.1f} GB are available")

    def _too_large(self, available: str) -> WeaknasError:
        needed = memory_needed(self._path.stat().st_size)
        return WeaknasError(
            f"{self._path.name} takes about {needed / 2**30:.1f} GB of memory to load and {available}; close other "
            "programs, use a larger machine, or import the folder NATS-tss-v1_0-3ffb9-simple, which has the same "
            "trainings and needs little memory."
        )


def memory_needed(size: int) -> float:
    """Return the bytes of memory that loading a file of `size` bytes takes."""
    return _MEMORY * size


def memory_available() -> int | None:
    """Return the bytes of memory that are available, None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None


def _numpy_scalars() -> list[Any]:
    """What numpy's scalars are made of, plain data that torch does not know to be harmless."""
    scalar: Any = np.float64(0).__reduce__()[0]
    return [(scalar, "numpy.core.multiarray.scalar"), scalar, np.dtype, np.dtypes.Float64DType, np.dtypes.Int64DType]
