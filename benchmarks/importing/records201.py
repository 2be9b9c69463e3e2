"""The records of NAS-Bench-201 and NATS-Bench: what one architecture's trainings say, put into columns.

Both publish, for each architecture and schedule, a plain dictionary whose `all_results` maps (dataset, seed) to one
training: `eval_acc1es` and `eval_losses` by `SET@EPOCH`, `train_times` by epoch, `latency`, `params`, `flop`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidTable
from weaknas.spaces import NasBench201, NatsSize
from weaknas.words import shortened

from .official import ImportedTable

__all__ = ["DATASETS", "SIZE", "TOPOLOGY", "OfficialBenchmark", "Records"]

_LONGEST_REASON: Final = 200  # characters of what is wrong
_LARGEST: Final = float(np.finfo(np.float32).max)
SEEDS: Final = (777, 888, 999)
"""The official seeds of run 0, 1 and 2; any other, such as 111 of the 12-epoch schedule, gets the next number."""


@dataclass(frozen=True)
class Dataset:
    """Where the columns of a dataset come from.

    Attributes:
        name: our name of the dataset.
        valid: the official training and the evaluation set of the validation columns and of the training time.
        test: those of the test columns.
        splits: what these sets are, in words.
        classes: outputs of the classifier.
        side: pixels of an image's side.
    """

    name: str
    valid: tuple[str, str]
    test: tuple[str, str]
    splits: dict[str, str]
    classes: int
    side: int


@dataclass(frozen=True)
class OfficialBenchmark:
    """One of the two benchmarks whose records these are.

    Attributes:
        name: its name, and its space's.
        space: its space.
        epochs: the full schedule.
        origin: the paper.
    """

    name: str
    space: NasBench201 | NatsSize
    epochs: int
    origin: str


_HALVES: Final = {
    "valid": "x-valid, half of the official test images; trained on all training images",
    "test": "x-test, the other half",
}
_IMAGENET: Final = {"valid": "x-valid, half of the official validation images", "test": "x-test, the other half"}
_CIFAR10: Final = {
    "valid": "x-valid of cifar10-valid: trained on half of the training images, evaluated on the other half",
    "test": "ori-test of cifar10: trained on all training images, evaluated on the official test images",
}
DATASETS: Final = (
    Dataset("cifar10", ("cifar10-valid", "x-valid"), ("cifar10", "ori-test"), _CIFAR10, 10, 32),
    Dataset("cifar100", ("cifar100", "x-valid"), ("cifar100", "x-test"), _HALVES, 100, 32),
    Dataset("imagenet16-120", ("ImageNet16-120", "x-valid"), ("ImageNet16-120", "x-test"), _IMAGENET, 120, 16),
)
TOPOLOGY: Final = OfficialBenchmark("nasbench201", NasBench201(), 200, "Dong & Yang, NAS-Bench-201, ICLR 2020")
SIZE: Final = OfficialBenchmark("nats-size", NatsSize(), 90, "Dong et al., NATS-Bench, TPAMI 2021")


class Records:
    """The columns of all datasets, filled one architecture at a time.

    Args:
        benchmark: which benchmark the records are of.
        rows: how many architectures there will be.
        source: the name of the file or folder.
    """

    def __init__(self, benchmark: OfficialBenchmark, rows: int, source: str) -> None:
        self._benchmark = benchmark
        self._source = source
        self._texts: list[str] = []
        self._rows = rows
        self._columns: dict[str, dict[str, NDArray[np.float32]]] = {dataset.name: {} for dataset in DATASETS}
        self._runs = {seed: run for run, seed in enumerate(SEEDS)}

    def add(self, text: str, schedules: Mapping[int, Mapping[str, Any]]) -> None:
        """Add an architecture.

        Args:
            text: its official string.
            schedules: its record for each number of epochs.

        Raises:
            InvalidTable: the record is not in the official layout, or a number is out of range.
        """
        try:
            for epochs, record in schedules.items():
                if record["arch_str"] != text:
                    raise ValueError(f"its {epochs}-epoch record is of {record['arch_str']}")
                for dataset in DATASETS:
                    self._add(dataset, epochs, record["all_results"])
        except Exception as error:  # a foreign record can fail in any way
            raise InvalidTable(
                f"{self._source}: the record of architecture {shortened(str(text))} is not in the official layout "
                f"({type(error).__name__}: {shortened(str(error), _LONGEST_REASON)}); get it again."
            ) from error
        self._texts.append(text)

    def _add(self, dataset: Dataset, epochs: int, results: Mapping[tuple[str, int], Mapping[str, Any]]) -> None:
        ending = "" if epochs == self._benchmark.epochs else f"_e{epochs}"
        last = epochs - 1
        for column, (training, evaluated) in (("valid", dataset.valid), ("test", dataset.test)):
            for (name, seed), result in results.items():
                if name != training:
                    continue
                run = self._runs.setdefault(seed, len(self._runs))
                accuracy = result["eval_acc1es"].get(f"{evaluated}@{last}", np.nan)
                if accuracy < 0 or accuracy > 100:
                    raise ValueError(f"an accuracy of {accuracy} %")
                self._put(dataset, f"{column}_acc_run{run}{ending}", accuracy)
                self._put(dataset, f"{column}_loss_run{run}{ending}", result["eval_losses"].get(f"{evaluated}@{last}"))
                if column == "valid" and not ending:
                    self._put(dataset, f"train_seconds_run{run}", _seconds(result))
                    self._put(dataset, f"latency_ms_gpu_run{run}", _latency(result))

    def _put(self, dataset: Dataset, column: str, value: float | None) -> None:
        if value is not None and not np.isnan(value):
            if not abs(value) <= _LARGEST:
                raise ValueError(f"{column} of {value}")
            columns = self._columns[dataset.name]
            if column not in columns:
                columns[column] = np.full(self._rows, np.nan, dtype=np.float32)
            columns[column][len(self._texts)] = value

    def tables(self) -> Iterator[ImportedTable]:
        """Yield the table of each dataset."""
        space = self._benchmark.space
        rows = space.from_str(self._texts)
        for dataset in DATASETS:
            cost = space.cost(rows, dataset.classes, dataset.side)
            columns: dict[str, Any] = {
                "arch": self._texts,
                **_with_means(self._columns[dataset.name]),
                "params": cost.params.astype(np.int32),
                "macs": cost.macs + dataset.classes,  # the official count, with the biases of the classifier
            }
            yield ImportedTable(dataset.name, columns, self._card(dataset), space.size)

    def _card(self, dataset: Dataset) -> dict[str, object]:
        return {
            "benchmark": self._benchmark.name,
            "dataset": dataset.name,
            "space": self._benchmark.space.name,
            "epochs": self._benchmark.epochs,
            "unit": "percent",
            **dataset.splits,
            "seeds": {f"run{run}": seed for seed, run in self._runs.items()},
            "source": self._source,
            "origin": self._benchmark.origin,
        }


def _seconds(result: Mapping[str, Any]) -> float | None:
    """Return the seconds of the training; evaluation is not counted."""
    times = result.get("train_times")
    return float(sum(times.values())) if times else None


def _latency(result: Mapping[str, Any]) -> float | None:
    """Return the milliseconds of one batch of 256 images on the authors' GPU."""
    seconds = [value for value in result.get("latency") or () if value > 0]
    return 1000 * float(np.mean(seconds)) if seconds else None


def _with_means(columns: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Return the mean over the known runs of each column, then the columns; of the latency the mean alone."""
    groups: dict[str, list[str]] = {}
    for name in sorted(columns):
        start, _, rest = name.partition("_run")
        groups.setdefault(start + rest.lstrip("0123456789"), []).append(name)
    table = {}
    for mean, names in sorted(groups.items(), key=lambda group: ("_e" in group[0], group[0])):
        values = np.stack([columns[name] for name in names]).astype(np.float64)
        known = ~np.isnan(values)
        total = np.where(known, values, 0).sum(axis=0)
        count = known.sum(axis=0)
        table[mean] = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0).astype(np.float32)
        if not mean.startswith("latency"):
            table.update({name: columns[name] for name in names})
    return table
