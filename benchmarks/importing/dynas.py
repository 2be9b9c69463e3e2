"""The search logs that DyNAS-T publishes of Once-for-All, `notebooks/data/mbnv3w10_*.csv` (Cummings et al., 2022).

A row of a log is one evaluation on ImageNet of a sub-network of the released supernet of width 1.0.
"""

import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from weaknas.errors import InvalidArchitecture, InvalidTable, as_sentence, system_sentence
from weaknas.spaces import OfaMobileNetV3
from weaknas.words import shortened

from .official import ImportedTable

__all__ = ["DynasFolder"]

_PATTERN: Final = "mbnv3w10_*.csv"
_ROWS: Final = 2_162  # that the five published logs have together
_COLUMNS: Final = ("Sub-network", "Model Parameters", "MACs", "Top-1 Acc (%)")
_COUNTED: Final = {"Model Parameters": "params", "MACs": "macs"}


class DynasFolder:
    """A folder of logs; what several evaluations of one sub-network found are its runs, in the order of the files.

    Args:
        path: the folder.
    """

    name = "ofa-mbv3-w1.0-r224"
    datasets = ("imagenet",)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._space = OfaMobileNetV3(width=1.0, resolutions=[224])

    @classmethod
    def holds(cls, path: Path) -> bool:
        """Return whether a folder has such logs."""
        return any(path.glob(_PATTERN))

    def tables(self) -> Iterator[ImportedTable]:
        """Read the logs and yield the table.

        Raises:
            InvalidTable: a log is damaged, or its parameters or MACs are not those of its sub-networks.
        """
        found: dict[str, list[float]] = {}
        for file in sorted(self._path.glob(_PATTERN)):
            for text, accuracy in self._read(file):
                found.setdefault(text, []).append(accuracy)
        texts = sorted(found)
        runs = np.full((max(map(len, found.values())), len(texts)), np.nan)
        for column, text in enumerate(texts):
            runs[: len(found[text]), column] = found[text]
        cost = self._space.cost(self._space.from_str(texts))
        columns: dict[str, Any] = {"arch": texts, "valid_acc": np.float32(np.nanmean(runs, axis=0))}
        columns |= {f"valid_acc_run{number}": np.float32(run) for number, run in enumerate(runs)}
        columns |= {"repeats": (~np.isnan(runs)).sum(0), "params": cost.params, "macs": cost.macs}
        yield ImportedTable("imagenet", columns, self._card, _ROWS)

    @property
    def _card(self) -> dict[str, object]:
        return {
            "benchmark": "ofa-mbv3",
            "dataset": "imagenet",
            "unit": "percent",
            "space": {"space": "ofa-mbv3", "width": 1.0, "resolutions": [224]},
            "valid": "ImageNet top-1 of sub-networks of the released supernet, one value for each evaluation",
            "source": self._path.name,
            "origin": "Cummings et al., DyNAS-T; supernet: Cai et al., Once-for-All, ICLR 2020",
        }

    def _read(self, file: Path) -> Iterator[tuple[str, float]]:
        """Yield the text and the accuracy of each row of a log."""
        try:
            with file.open(encoding="utf-8", newline="") as opened:
                rows = list(csv.DictReader(opened))
            texts = [_text(row["Sub-network"]) for row in rows]
            recorded = {name: np.array([float(row[name]) for row in rows]) for name in _COLUMNS[1:]}
            batch = self._space.from_str(texts)
        except InvalidArchitecture as error:
            raise InvalidTable(f"{file}: {shortened(as_sentence(error), 300)}") from error
        except Exception as error:  # a damaged log can fail in any way
            reason = shortened(system_sentence(error), 100)
            raise InvalidTable(
                f"{file} is damaged or no log of DyNAS-T, with the columns {', '.join(_COLUMNS)}: {reason}."
            ) from error
        if not rows:
            raise InvalidTable(f"{file} has no rows; get it again.")
        cost = self._space.cost(batch)
        for column, name in _COUNTED.items():
            if wrong := np.flatnonzero(recorded[column] != getattr(cost, name)).tolist():
                raise InvalidTable(f"{file}: the {column} of row {wrong[0] + 1} are not those of its sub-network.")
        yield from zip(self._space.to_str(batch), recorded["Top-1 Acc (%)"].tolist(), strict=True)


def _text(written: str) -> str:
    """Return the text form of a sub-network, which a log writes as a dictionary of lists."""
    content = ast.literal_eval(written)
    (side,) = content["r"]
    parts = (kind + ",".join(map(str, content[name])) for kind, name in (("d", "d"), ("k", "ks"), ("e", "e")))
    return ";".join([f"r{side}", *parts])
