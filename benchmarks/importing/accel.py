"""Accel-NASBench's records, `result_K.json` of the archive `anb_dataset_jsons.tar.gz` (Ahmad et al., DAC 2024)."""

import json
import operator
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from weaknas.errors import InvalidTable, system_sentence
from weaknas.spaces import Choices
from weaknas.words import shortened

from .official import ImportedTable

__all__ = ["AccelFolder"]

_BLOCKS: Final = 7
_ROWS: Final = 5_125
_OPTIONS: Final = {"e": (1, 4, 6), "k": (3, 5), "l": (1, 2, 3), "se": (0, 1)}
_CHOICES: Final = {f"block{block}_{kind}": values for block in range(_BLOCKS) for kind, values in _OPTIONS.items()} | {
    "block5_l": (1, 2, 3, 4)
}
_MEASURED: Final = {  # our column by the record's: each a mean
    **{f"latency_ms_{device}": f"latency_{device}" for device in ("zcu102", "vck190")},
    **{
        f"throughput_ips_{device}": f"throughput_{device}" for device in ("a100", "tpuv2", "tpuv3", "zcu102", "vck190")
    },
    "throughput_ips_rtx3090": "throughput_3090",
}


class AccelFolder:
    """The folder of the records; a second record of an architecture is its second run.

    The device columns are of the first record of an architecture. Parameters and MACs are not read.

    Args:
        path: the folder.
    """

    name = "accel-nasbench"
    datasets = ("",)  # the table has the benchmark's name

    def __init__(self, path: Path) -> None:
        self._path = path
        self._space = Choices(_CHOICES, self.name)

    @classmethod
    def holds(cls, path: Path) -> bool:
        """Return whether a folder has such records."""
        return any(path.glob("result_*.json"))

    def tables(self) -> Iterator[ImportedTable]:
        """Read the records and yield the table.

        Raises:
            InvalidTable: a record is damaged.
        """
        records: dict[str, list[dict[str, float]]] = {}
        for file in sorted(self._path.glob("result_*.json"), key=_number):
            text, record = self._read(file)
            records.setdefault(text, []).append(record)
        texts, first = list(records), [several[0] for several in records.values()]
        columns: dict[str, Any] = {"arch": texts}
        runs = np.full((max(map(len, records.values())), len(texts)), np.nan)
        for column, several in enumerate(records.values()):
            runs[: len(several), column] = [record["valid_acc"] for record in several]
        columns["valid_acc"] = np.float32(np.nanmean(runs, axis=0))
        columns |= {f"valid_acc_run{number}": np.float32(run) for number, run in enumerate(runs)}
        columns |= {name: np.array([one[name] for one in first], np.float32) for name in ("train_seconds", *_MEASURED)}
        columns["record"] = [int(record["record"]) for record in first]
        yield ImportedTable("", columns, self._card, _ROWS)

    @property
    def _card(self) -> dict[str, object]:
        return {
            "benchmark": self.name,
            "dataset": "imagenet",
            "unit": "percent",
            "space": {choice.name: list(choice.options) for choice in self._space.choices},
            "valid": "ImageNet top-1 after one training under the proxy schedule of the authors",
            "source": self._path.name,
            "origin": "Ahmad et al., Accel-NASBench, DAC 2024",
        }

    def _read(self, file: Path) -> tuple[str, dict[str, float]]:
        """Return the text of a record's architecture, and its numbers; NaN for a device that it does not have."""
        try:
            content = json.loads(file.read_text("utf-8"))
            arch, metrics = content["architecture"], content["metrics"]
            text = ";".join(str(_option(arch[name])) for name in _CHOICES)
            self._space.from_str([text])
            record = {"record": float(_number(file)), "valid_acc": float(metrics["val_top1"])}
            record["train_seconds"] = float(metrics["train_time"])
            for column, name in _MEASURED.items():
                means = content["platform_perf"].get(name) or {}
                mean = means.get(f"{name.partition('_')[0]}_mean")
                record[column] = np.nan if mean is None else float(mean)
        except Exception as error:  # a damaged record can fail in any way
            reason = shortened(system_sentence(error), 100)
            raise InvalidTable(
                f"{file} is damaged or no record of Accel-NASBench ({reason}); get it again."
            ) from error
        return text, record


def _option(value: Any) -> int:
    """Return an option as a number; whether there is squeeze-excitation is a truth value, or the text of one."""
    return operator.index({"True": 1, "False": 0}.get(value, value))


def _number(file: Path) -> int:
    """Return K of `result_K.json`.

    Raises:
        InvalidTable: the file has another name.
    """
    found = re.fullmatch(r"result_(\d{1,9})\.json", file.name)
    if not found:
        raise InvalidTable(f"{file} is no record of Accel-NASBench: these are called result_0.json and so on.")
    return int(found[1])
