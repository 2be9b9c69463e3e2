"""From the shards of a build to one table in the weaknas format (docs/table-format.md)."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidTable
from weaknas.files import check_writable
from weaknas.spaces import Batch, NasBench201
from weaknas.table_file import write_table

from ..store import SUFFIX
from .build_spec import BuildSpec
from .classes import trained_class
from .cost import cost
from .images import ImageSplits
from .shards import Shard, Shards

__all__ = ["SOURCE", "merge"]

SOURCE = "weaknas data build"
"""What the card of a table that was built says of its source."""

ColumnArrays = dict[str, NDArray[np.generic]]  # of one length, by name
_SPLITS = {
    "digits": "{count} of scikit-learn's 1,797 digits (stratified; half train, a quarter valid, a quarter test)",
    "own": "{count} images of the user's file",
}
_DIGITS = (
    "UCI Optical Recognition of Handwritten Digits (Alpaydin & Kaynak, 1998; CC BY 4.0) as bundled with scikit-learn"
)


def merge(spec: BuildSpec, directory: Path, out: Path) -> Path:
    """Write `NAME.parquet` from a finished build; isomorphic architectures share the values of one training.

    Args:
        spec: what was built.
        directory: its shards.
        out: the folder for the table.

    Raises:
        InvalidTable: the build is not finished.
        WeaknasError: the table cannot be written.
    """
    shards = Shards(spec, directory)
    finished = [shard for number in range(spec.shards) if (shard := shards.read(number)) is not None]
    if missing := spec.shards - len(finished):
        raise InvalidTable(f"{missing} of {spec.shards} shards in {directory} are missing: build first.")
    measured = {key: np.concatenate([shard[key] for shard in finished]) for key in finished[0]}
    rows, trained = _with_isomorphs(spec.rows)
    columns = _measurements(spec, {key: values[trained] for key, values in measured.items()})
    return _write(spec, rows, columns, check_writable(out / f"{spec.name}{SUFFIX}"))


def _with_isomorphs(trained: Batch) -> tuple[Batch, NDArray[np.intp]]:
    """Return all rows, in the space's order, whose class was trained, and the number of their training."""
    rows = NasBench201().enumerate()
    keys, wanted = trained_class(trained), trained_class(rows)
    order = np.argsort(keys)
    nearest = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    there = keys[order][nearest] == wanted
    return rows[there], order[nearest[there]]


def _measurements(spec: BuildSpec, measured: Shard) -> ColumnArrays:
    """Return means and single runs, at the end of training and (`_eN`) at the earlier fidelities.

    Losses are rounded to 0.0001 nats and seconds to 0.001: that is far below their noise, and a third of the size.
    """
    columns: ColumnArrays = {}
    suffixes = [*(f"_e{epoch}" for epoch in spec.recipe.fidelities), ""]
    for name in ("valid_acc", "test_acc", "valid_loss", "test_loss"):
        values = measured[name] if name.endswith("_acc") else np.round(measured[name].astype(np.float64), 4)
        for at in reversed(range(len(suffixes))):
            columns[name + suffixes[at]] = _mean(values[:, :, at], 4)
            for run, number in enumerate(spec.runs):
                columns[f"{name}_run{number}{suffixes[at]}"] = values[:, run, at].astype(np.float32)
    columns |= {name: measured[name].astype(np.float32) for name in spec.indicator_columns}
    columns["train_seconds"] = _mean(measured["seconds"], 3)
    for run, number in enumerate(spec.runs):
        columns[f"train_seconds_run{number}"] = np.round(measured["seconds"][:, run], 3).astype(np.float32)
    return columns


def _mean(values: NDArray[np.generic], places: int) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = np.round(values.astype(np.float64).mean(1), places).astype(np.float32)
    return mean


def _write(spec: BuildSpec, rows: Batch, measurements: ColumnArrays, target: Path) -> Path:
    images = spec.images
    price = cost(rows, images.channels, images.classes, images.side, spec.recipe.width)
    columns: dict[str, Any] = {"arch": NasBench201().to_str(rows)}
    columns |= {"params": price.params.astype(np.int32), "macs": price.macs} | measurements
    card = _card(spec, images)
    return write_table(target, columns, card)


def _card(spec: BuildSpec, images: ImageSplits) -> dict[str, Any]:
    kind = "digits" if spec.file is None else "own"
    copies = f", {spec.recipe.copies} distorted copies of each"
    return {
        "benchmark": spec.name,
        "dataset": spec.name,
        "space": "nasbench201",
        "epochs": spec.recipe.epochs,
        "fidelities": list(spec.recipe.fidelities),
        "resumable": True,
        "unit": "percent",
        "valid": _SPLITS[kind].format(count=len(images.y["valid"])) + copies,
        "test": _SPLITS[kind].format(count=len(images.y["test"])) + copies,
        "source": SOURCE,
        "origin": "measured with weaknas" + (f" on {_DIGITS}" if spec.file is None else ""),
        "network": {
            "channels": images.channels,
            "classes": images.classes,
            "side": images.side,
            "width": spec.recipe.width,
        },
        **spec.as_dict(),
    }
