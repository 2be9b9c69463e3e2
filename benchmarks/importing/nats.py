"""NATS-Bench's official folders, `NATS-tss-v1_0-3ffb9-simple` (topology) and `NATS-sss-v1_0-50262-simple` (size).

Each architecture has a file of its own, `000011.pickle.pbz2`: a bzip2-compressed pickle of plain dictionaries
and numbers. It is read with an unpickler that knows nothing but those, so no code in a file is ever run.
"""

import bz2
import pickle
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import rich.progress

from weaknas.errors import InvalidTable
from weaknas.words import shortened

from .official import ImportedTable, console
from .records201 import DATASETS, SIZE, TOPOLOGY, Records

__all__ = ["NatsBenchFolder"]

_PATTERN: Final = "[0-9]" * 6 + ".pickle.pbz2"


class NatsBenchFolder:
    """One of the official folders, complete or in part; about 10 ms an architecture, and little memory.

    Args:
        path: the folder.

    Raises:
        InvalidTable: there is no architecture in it, or the first file is not one.
    """

    datasets = tuple(dataset.name for dataset in DATASETS)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = sorted(path.glob(_PATTERN))
        if not self._files:
            raise InvalidTable(
                f"the folder {path} has no file like 000000.pickle.pbz2, so it is no folder of NATS-Bench; unpack "
                "NATS-tss-v1_0-3ffb9-simple.tar or NATS-sss-v1_0-50262-simple.tar and name what comes out."
            )
        text, _ = _read(self._files[0])
        self._benchmark = TOPOLOGY if text.startswith("|") else SIZE
        self.name = self._benchmark.name

    def tables(self) -> Iterator[ImportedTable]:
        """Read the files one by one and yield the tables."""
        records = Records(self._benchmark, len(self._files), self._path.name)
        for file in rich.progress.track(
            self._files, self._path.name, console=console, disable=not console.is_terminal
        ):
            records.add(*_read(file))
        return records.tables()


def _read(file: Path) -> tuple[str, dict[int, Mapping[str, Any]]]:
    """Return an architecture's official string and its record for each number of epochs."""
    try:
        with bz2.open(file) as stream:
            content = _PlainData(stream, file).load()
        schedules = {int(epochs): record for epochs, record in content.items()}
        first = next(iter(schedules.values()))
        text, index = first["arch_str"], first["arch_index"]
    except InvalidTable:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise InvalidTable(
            f"{file} is truncated, altered or no record of NATS-Bench ({type(error).__name__}); get it again."
        ) from error
    if index != int(file.name[:6]) or not isinstance(text, str):
        raise InvalidTable(f"{file} holds the record of architecture {shortened(str(index))}; its name was changed.")
    return text, schedules


class _PlainData(pickle.Unpickler):
    """An unpickler of dictionaries and numbers; it refuses to look up anything else."""

    def __init__(self, stream: Any, file: Path) -> None:
        super().__init__(stream)
        self._file = file

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle asks for, if it is one of the three harmless things that official files hold."""
        if (module, name) not in _HARMLESS:
            raise InvalidTable(
                f"{self._file} is refused: it asks for {module}.{name}, which no file of NATS-Bench holds and which "
                "could run any code on this machine; get the folder from where it is published."
            )
        return _HARMLESS[module, name]


def _number(dtype: np.dtype[Any], data: bytes) -> float:
    """Return a number that was pickled as a numpy scalar."""
    if dtype.kind not in "fiu":
        raise ValueError(f"a scalar of type {dtype}")
    return float(np.frombuffer(data, dtype)[0])


_HARMLESS: Final[dict[tuple[str, str], Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "scalar"): _number,
    ("numpy._core.multiarray", "scalar"): _number,
}
