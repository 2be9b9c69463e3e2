"""NAS-Bench-101's official files, `nasbench_only108.tfrecord` and `nasbench_full.tfrecord`.

A record is a JSON list: the module hash, the epochs, the adjacency matrix row by row as `0` and `1`, the operations
joined by commas, and the base64 text of the measurements of one training (`metrics101`).
"""

import base64
import binascii
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import rich.progress
from numpy.typing import NDArray

from weaknas.errors import InvalidTable
from weaknas.spaces import NasBench101
from weaknas.spaces.cells.nasbench101 import OPS
from weaknas.words import shortened

from .metrics101 import Metrics, metrics
from .official import ImportedTable, console
from .tfrecord import records

__all__ = ["NasBench101File"]

EPOCHS: Final = (4, 12, 36, 108)
REPEATS: Final = 3
CELLS: Final = 423_624
ROOM: Final = 2**14
"""Cells that there is room for at first."""
_LONGEST_REASON: Final = 200  # characters of what is wrong
_COLUMNS: Final = ("valid_acc", "test_acc", "train_seconds")
_HALF, _FINAL = range(2)
_SHAPE: Final = (len(EPOCHS), REPEATS, 2, len(_COLUMNS))
_LETTERS: Final = {"input": "i", "output": "o", **dict(zip(OPS[1:], "13m", strict=True))}


class NasBench101File:
    """One of the official files, read in two or three minutes with 0.6 GB of memory at most.

    Args:
        path: the file.
    """

    name = NasBench101.name
    datasets: tuple[str, ...] = ("cifar10",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def tables(self) -> Iterator[ImportedTable]:
        """Read the records one by one and yield the table."""
        runs = _Trainings(self._path.name)
        with rich.progress.open(
            self._path, "rb", description=self._path.name, console=console, disable=not console.is_terminal
        ) as reader:
            file = io.BufferedReader(cast(io.RawIOBase, reader), 2**20)
            for record in records(file, self._path.name):
                runs.add(record)
        runs.check()
        yield ImportedTable("cifar10", runs.columns(), _card(self._path.name), CELLS)


class _Trainings:
    """The trainings read so far: 72 numbers for each cell, in an array that doubles when it is full."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._rows: dict[str, int] = {}
        self._texts: list[str] = []
        self._params: list[int] = []
        self._values: NDArray[np.float32] = np.full((ROOM, *_SHAPE), np.nan, dtype=np.float32)
        self._repeats: NDArray[np.int8] = np.zeros((ROOM, len(EPOCHS)), dtype=np.int8)

    def add(self, record: bytes) -> None:
        """Add one training."""
        try:
            module_hash, epochs, adjacency, operations, encoded = json.loads(record)
            measured = metrics(base64.b64decode(encoded, validate=True))
            schedule = EPOCHS.index(epochs)
            row = self._rows.get(module_hash)
            if row is None:
                row = self._new(module_hash, _text(adjacency, operations), measured.params)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error) as error:
            raise InvalidTable(
                f"{self._source} is no file of NAS-Bench-101: training {self._repeats.sum() + 1:,} cannot be read "
                f"({shortened(str(error), _LONGEST_REASON)})."
            ) from error
        repeat = self._repeats[row, schedule]
        if repeat == REPEATS or measured.params != self._params[row]:
            raise InvalidTable(
                f"{self._source} was altered: cell {module_hash} has more than {REPEATS} trainings of {epochs} "
                "epochs, or parameters that differ between them."
            )
        self._values[row, schedule, repeat] = _numbers(measured)
        self._repeats[row, schedule] += 1

    def _new(self, module_hash: str, text: str, params: int) -> int:
        row = len(self._rows)
        if row == len(self._values):
            self._values = np.concatenate([self._values, np.full_like(self._values, np.nan)])
            self._repeats = np.concatenate([self._repeats, np.zeros_like(self._repeats)])
        self._rows[module_hash] = row
        self._texts.append(text)
        self._params.append(params)
        return row

    def check(self) -> None:
        """Check every cell: the number of its trainings, its hash and its parameters.

        Raises:
            InvalidArchitecture: a cell that is not in the space.
            InvalidTable: anything else that does not hold.
        """
        if not self._rows:
            raise InvalidTable(f"{self._source} is empty; get the whole file again.")
        repeats = self._repeats[: len(self._rows)]
        short = ((repeats > 0) & (repeats < REPEATS)).any(1) | (repeats[:, -1] == 0)
        if short.any():
            raise InvalidTable(
                f"{self._source} was cut short: {short.sum():,} of {len(repeats):,} cells do not have all "
                f"{REPEATS} trainings, {list(self._rows)[int(short.argmax())]} the first; get the whole file again."
            )
        space = NasBench101()
        rows = space.from_str(self._texts)
        hashes = np.array(list(self._rows))
        wrong = (np.array(space.module_hash(rows)) != hashes) | (space.cost(rows).params != self._params)
        if wrong.any():
            raise InvalidTable(
                f"{self._source} was altered: the hash or the parameters of cell {hashes[wrong.argmax()]} do not "
                f"follow from its graph, {self._texts[int(wrong.argmax())]}."
            )

    def columns(self) -> dict[str, Any]:
        """Return the columns of the table: means first, then single trainings, then what was measured halfway."""
        count = len(self._rows)
        values, repeats = self._values[:count], self._repeats[:count]
        columns: dict[str, Any] = {"arch": self._texts}
        schedules = [s for s in reversed(range(len(EPOCHS))) if repeats[:, s].any()]
        for schedule in schedules:
            ending = _ending(schedule)
            for k, column in enumerate(_COLUMNS):
                columns[column + ending] = (
                    values[:, schedule, :, _FINAL, k].mean(axis=1, dtype=np.float64).astype("f4")
                )
                for repeat in range(REPEATS):
                    columns[f"{column}_run{repeat}{ending}"] = values[:, schedule, repeat, _FINAL, k]
        for schedule in schedules:
            for k, column in enumerate(_COLUMNS):
                for repeat in range(REPEATS):
                    name = f"{column}_run{repeat}_e{EPOCHS[schedule]}_half"
                    columns[name] = values[:, schedule, repeat, _HALF, k]
        columns["params"] = np.array(self._params, dtype=np.int32)
        columns["module_hash"] = list(self._rows)
        return columns


def _ending(schedule: int) -> str:
    return "" if schedule == len(EPOCHS) - 1 else f"_e{EPOCHS[schedule]}"


def _numbers(measured: Metrics) -> list[list[float]]:
    return [list(measured.half), list(measured.final)]


def _text(adjacency: str, operations: str) -> str:
    """Return `OPS:EDGES` of an official cell."""
    letters = "".join(_LETTERS[operation] for operation in operations.split(","))
    n = len(letters)
    upper = "".join(adjacency[i * n + i + 1 : i * n + n] for i in range(n))
    if len(adjacency) != n * n or upper.count("1") != adjacency.count("1"):
        raise ValueError(f"{adjacency} is no upper triangular matrix of {n} vertices")
    return f"{letters}:{upper}"


def _card(source: str) -> dict[str, object]:
    return {
        "benchmark": "nasbench101",
        "dataset": "cifar10",
        "space": "nasbench101",
        "epochs": EPOCHS[-1],
        "unit": "percent",
        "valid": "10,000 of the 50,000 training images, held out; run K is the K-th repeat, trained on the others",
        "test": "the 10,000 test images, the same trainings",
        "source": source,
        "origin": "Ying et al., NAS-Bench-101, ICML 2019",
    }
