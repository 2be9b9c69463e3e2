"""NAS-Bench-101 (Ying et al., ICML 2019): 423,624 cells trained on CIFAR-10."""

import re
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench101
from weaknas.spaces.arrays import mix64
from weaknas.table_file import Column, TableData, TableFile

from .observed import RecordedRun
from .store import open_file
from .table import Table
from .table_data import FrameData

__all__ = ["EmulatedValidation", "emulate", "nasbench101"]

NEIGHBOURS = 200
DIVERGED = 80.0
EMULATED_RUNS = 3


def nasbench101(
    *,
    run: RecordedRun | None = None,
    fidelity: int | None = None,
    objective: Literal["valid", "test"] = "valid",
    validation: Literal["emulated", "measured"] | None = None,
    seed: int = 0,
    universe: Literal["rows", "raw"] = "rows",
) -> Table:
    """Open NAS-Bench-101.

    A table imported from the official file has three measured validation runs of every cell, and a query sees one.

    Where the table has the mean test accuracy of every cell but validation accuracy of one training run of 30,001
    cells only, a query sees by default an emulated validation run of every cell, see `emulate`;
    `validation="measured"` restricts the space to the 30,001 cells and shows the measured run, at its fidelities
    of 4, 12, 36 and 108 epochs. Training times of the other cells are estimated.

    Args:
        run: run 0, 1 or 2, their `mean`, or `random`, one of the three for each cell and seed. By default 0, or the
            mean on test accuracy where single test runs are not known.
        fidelity: epochs, with measured validation only.
        objective: `valid`, or `test` to search on test accuracy.
        validation: `emulated` or `measured`; None for measured where every cell's runs are known.
        seed: seed of `run="random"`.
        universe: `rows`, or `raw` for the space of all encodings.

    Raises:
        InvalidOption: an option that is not one of these, `validation="measured"` with another run than 0, or a single
            run of test accuracy where only the mean is known.
    """
    if validation not in (None, "emulated", "measured"):
        raise InvalidOption(f"validation is 'emulated' or 'measured', not {validation!r}.")
    file = open_file("nasbench101-cifar10.parquet")
    complete = _complete(file)
    if validation == "emulated" or (validation is None and not complete):
        data: TableData = EmulatedValidation(file)
    else:
        data = file if complete else _measured(file)
    if objective == "test" and "test_acc_run0" not in file.columns:
        if run not in (None, "mean"):
            raise InvalidOption(f"nasbench101 knows the mean test accuracy of its runs only, not run={run!r}.")
        run = "mean"
    return Table(
        data,
        NasBench101(),
        name="nasbench101",
        run=0 if run is None else run,
        fidelity=fidelity,
        objective=objective,
        seed=seed,
        universe=universe,
    )


def emulate(test_acc: Column, valid_acc: Column, run: int) -> Column:
    """Return an emulated validation run of every row; this definition never changes.

    For every row, also those whose validation accuracy is known, one of the 200 known rows that are nearest in
    mean test accuracy is drawn, by a generator seeded with (row, run). Its residual (validation accuracy of the
    known run minus mean test accuracy) is added to the row's mean test accuracy, and the sum rounded to 0.01.

    Below 80 % mean test accuracy, where some of the three repeats diverged, the drawn row's validation accuracy
    is taken as it is: a residual of tens of points there belongs to its own mean, and added to another one would
    give accuracies up to 100 % to cells of 70 %, above every good cell (docs/decisions/0004).

    The generator is SplitMix64 seeded with `row * 2^32 + run`: the upper 32 bits of its first output, times 200,
    divided by 2^32, number the drawn row in ascending order of test accuracy (ties by row).

    Args:
        test_acc: `(n,)` mean test accuracy of every row, percent.
        valid_acc: `(n,)` validation accuracy of one run, NaN where not known.
        run: number of the emulated run, from 0.
    """
    known = np.flatnonzero(~np.isnan(valid_acc))
    order = known[np.argsort(test_acc[known], kind="stable")]
    ascending, valid = test_acc[order], valid_acc[order]
    # The nearest rows are neighbours in this order: the first window whose end is at least as far as its start.
    first = np.searchsorted(ascending[:-NEIGHBOURS] + ascending[NEIGHBOURS:], 2 * test_acc)
    seeds = np.arange(len(test_acc), dtype=np.uint64) * np.uint64(2**32) + np.uint64(run)
    drawn = mix64(seeds + np.uint64(0x9E3779B97F4A7C15))
    draw = ((drawn >> np.uint64(32)) * np.uint64(NEIGHBOURS)) >> np.uint64(32)
    like = first + draw.astype(np.intp)
    sums = np.where(test_acc < DIVERGED, valid[like], test_acc + valid[like] - ascending[like])
    return np.asarray(np.round(sums, 2), dtype=np.float64)


class EmulatedValidation:
    """The table with emulated validation runs in place of the incomplete one, and estimated training times."""

    estimated = frozenset({"train_seconds"})

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self.card: dict[str, Any] = {
            **file.card,
            "valid": "emulated runs: mean test accuracy plus a measured residual of a similar cell",
        }
        hidden = re.compile(r"valid_acc.*|train_seconds.*")
        derived = ["valid_acc", *(f"valid_acc_run{run}" for run in range(EMULATED_RUNS)), "train_seconds"]
        self.columns = [c for c in file.columns if not hidden.fullmatch(c)] + derived

    @property
    def checksums(self) -> dict[str, str]:
        """The checksum of the table's file."""
        return self._file.checksums

    def texts(self, column: str = "arch") -> list[str]:
        """Return a column of strings."""
        return self._file.texts(column)

    def numbers(self, column: str) -> Column:
        """Return a column of numbers."""
        if column == "train_seconds":
            return self._train_seconds()
        if column == "valid_acc":
            runs = np.stack([self.numbers(f"valid_acc_run{run}") for run in range(EMULATED_RUNS)])
            mean: Column = runs.mean(axis=0)
            return mean
        if column.startswith("valid_acc_run"):
            return emulate(self._test, self._file.numbers("valid_acc_run0"), int(column[-1]))
        return self._file.numbers(column)

    @cached_property
    def _test(self) -> Column:
        return self._file.numbers("test_acc")

    def _train_seconds(self) -> Column:
        """Recorded times where known; elsewhere a log-linear fit to them (median error on held-out ones 9 %)."""
        seconds = self._file.numbers("train_seconds_run0")
        features = _time_features(self.texts(), self._file.numbers("params"))
        known = ~np.isnan(seconds)
        weights, *_ = np.linalg.lstsq(features[known], np.log(seconds[known]), rcond=None)
        return np.where(known, seconds, np.exp(features @ weights))


def _time_features(texts: list[str], params: Column) -> NDArray[np.float64]:
    """`(n, 10)`: operations of each kind, edges, parameters and what they make together."""
    chars = np.array(texts, dtype=bytes)
    inner = np.strings.find(chars, b":") - 2
    conv3, pool, ones = (np.strings.count(chars, letter) for letter in (b"3", b"m", b"1"))
    conv1 = inner - conv3 - pool
    kinds = np.stack([conv1, conv3, pool, ones - conv1], axis=1).astype(np.float64)
    size = np.log(params)[:, None]
    return np.concatenate([np.ones_like(size), kinds, size, size**2, kinds[:, :3] * size], axis=1)


def _complete(file: TableFile) -> bool:
    """Return whether all validation runs of every row are known."""
    names = [f"valid_acc_run{run}" for run in range(EMULATED_RUNS)]
    return set(names) <= set(file.columns) and not any(np.isnan(file.numbers(name)).any() for name in names)


def _measured(file: TableFile) -> FrameData:
    """Return the rows whose validation accuracy was recovered."""
    import pandas as pd

    frame = pd.DataFrame({c: file.numbers(c) for c in file.columns if c not in ("arch", "module_hash")})
    frame.insert(0, "arch", file.texts())
    return FrameData(frame[frame["valid_acc_run0"].notna()], file.card, file.checksums)
