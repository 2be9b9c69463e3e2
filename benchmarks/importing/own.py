"""A table of one's own, CSV or Parquet, with a column for each choice: a benchmark over those choices."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from weaknas.errors import InvalidTable, NotFound
from weaknas.spaces import Choices, Rows

from .imported import Imported

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["own_table"]


def own_table(
    source: Path,
    name: str,
    *,
    choices: str,
    valid: str,
    test: str | None = None,
    macs: str | None = None,
    seconds: str | None = None,
) -> Imported:
    """Read a table with one row per architecture and one column per choice.

    The options of a choice are the values of its column, in ascending order; combinations that have no row are not
    in the space. Columns `params`, `latency_*` and `zc_*` are taken over under their names.

    Args:
        source: a CSV (with a header) or Parquet file.
        name: the benchmark's name.
        choices: glob of the columns that are choices, or several joined by commas.
        valid: column of validation accuracies, percent.
        test: column of test accuracies, percent.
        macs: column of multiply-accumulates.
        seconds: column of training seconds.

    Raises:
        NotFound: there is no such file, or no such column.
        InvalidTable: it cannot be read, an accuracy is missing or no percentage, or an architecture is there twice.
        InvalidOption: the choices are too many or cannot be told apart.
    """
    frame = _read(source)
    picked = [column for column in frame.columns if any(fnmatchcase(column, glob) for glob in choices.split(","))]
    measured = {"valid_acc": valid, "test_acc": test, "macs": macs, "train_seconds": seconds}
    wanted = {ours: theirs for ours, theirs in measured.items() if theirs is not None}
    picked = [column for column in picked if column not in wanted.values()]
    missing = [column for column in wanted.values() if column not in frame.columns]
    if missing or not picked:
        what = f"no column {', '.join(missing)}" if missing else f"no column that is a choice by {choices!r}"
        raise NotFound(f"{source} has {what}; it has {', '.join(map(str, frame.columns))}.")
    texts = {column: frame[column].astype(str) for column in picked}
    space = Choices(
        {column: list(dict.fromkeys(str(v) for v in np.sort(frame[column].unique()))) for column in picked}, name
    )
    columns: dict[str, Any] = {"arch": [";".join(row) for row in zip(*texts.values(), strict=True)]}
    Rows(space, space.from_str(columns["arch"]))
    free = [c for c in frame.columns if c == "params" or c.startswith(("latency_", "zc_"))]
    for ours, theirs in {**wanted, **{c: c for c in free if c not in picked}}.items():
        columns[ours] = _numbers(frame, theirs, source)
    for accuracy in ("valid_acc", "test_acc"):
        if accuracy in columns:
            _check_percent(columns[accuracy], wanted[accuracy], source)
    card = {"benchmark": name, "dataset": name, "space": space.choices, "unit": "percent", "source": source.name}
    return Imported(name, columns, card | {"valid": valid, "test": test or "not known"}, len(frame))


def _read(source: Path) -> "pd.DataFrame":
    import pandas as pd

    if not source.is_file():
        raise NotFound(f"there is no file {source}.")
    try:
        frame = pd.read_csv(source) if source.suffix == ".csv" else pd.read_parquet(source)
    except (ValueError, OSError) as error:
        raise InvalidTable(f"{source} cannot be read as {source.suffix.removeprefix('.')}: {error}") from error
    if frame.empty:
        raise InvalidTable(f"{source} has no rows.")
    return frame


def _numbers(frame: "pd.DataFrame", column: str, source: Path) -> Any:
    try:
        return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InvalidTable(f"the column {column} of {source} does not hold numbers: {error}.") from error


def _check_percent(values: Any, column: str, source: Path) -> None:
    missing = int(np.isnan(values).sum())
    if missing:
        row = int(np.argmax(np.isnan(values))) + 1
        raise InvalidTable(
            f"{source} has no {column} in {missing} of {len(values)} rows, row {row} the first; drop them."
        )
    if values.min() < 0 or values.max() > 100:
        raise InvalidTable(
            f"the column {column} of {source} goes from {values.min():g} to {values.max():g}, which is no percentage."
        )
    if values.max() <= 1:
        raise InvalidTable(
            f"the column {column} of {source} has fractions, up to {values.max():g}; multiply it by 100."
        )
