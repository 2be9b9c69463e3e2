"""A table of one's own, CSV or Parquet, with a column for each choice: a benchmark over those choices."""

import warnings
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from weaknas.errors import InvalidOption, InvalidTable, NotFound, system_sentence
from weaknas.spaces import Choices
from weaknas.spaces.batches import MOST_OPTIONS
from weaknas.words import close_to, shortened, some

from ..direction import MAXIMISED, expected, inverted, lower_is_better
from .official import ImportedTable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_user_table"]

_ACCURACIES = ("valid_acc", "test_acc")


def read_user_table(
    source: Path,
    name: str,
    *,
    choices: str,
    valid: str,
    test: str | None = None,
    macs: str | None = None,
    seconds: str | None = None,
    higher_is_better: bool = False,
) -> ImportedTable:
    """Read a table with one row per architecture and one column per choice.

    The options of a choice are the values of its column, in ascending order; combinations that have no row are not
    in the space. Columns `params`, `latency_*` and `zc_*` are taken over under their names.

    Args:
        source: a CSV (with a header; commas, semicolons or tabs between its cells) or Parquet file.
        name: the benchmark's name.
        choices: the columns that are choices, joined by commas; one that is no column's name is a glob.
        valid: column of validation accuracies, percent.
        test: column of test accuracies, percent.
        macs: column of multiply-accumulates.
        seconds: column of training seconds.
        higher_is_better: vouch for accuracies that look as if lower were better.

    Raises:
        NotFound: there is no such file, or no such column.
        InvalidTable: it cannot be read, an accuracy is missing or no percentage, a choice has empty cells, or an
            architecture is there twice.
        InvalidOption: the choices are too many or cannot be distinguished, or a column is named as two things.
    """
    frame = _read(source)
    measured = {"valid_acc": valid, "test_acc": test, "macs": macs, "train_seconds": seconds}
    wanted = {ours: theirs for ours, theirs in measured.items() if theirs is not None}
    for column in wanted.values():
        if column not in frame.columns:
            raise _no_column(frame, column, source)
    picked = _picked(frame, choices, set(wanted.values()), source)
    texts = {column: _texts(frame, column, source) for column in picked}
    space = Choices({column: _options(frame, column) for column in picked}, name)
    columns: dict[str, Any] = {"arch": [";".join(row) for row in zip(*texts.values(), strict=True)]}
    _check_distinct(columns["arch"], source)
    free = [c for c in frame.columns if c == "params" or c.startswith(("latency_", "zc_"))]
    for ours, theirs in {**wanted, **{c: c for c in free if c not in picked}}.items():
        columns[ours] = _numbers(frame, theirs, source)
    accuracies = {wanted[ours]: columns[ours] for ours in _ACCURACIES if ours in columns}
    for column, values in accuracies.items():
        _check_percent(values, column, source)
    if not higher_is_better:
        _check_direction(accuracies, frame.drop(columns=picked), source)
    made_of = space.recipe["choices"]
    card = {"benchmark": name, "dataset": name, "space": made_of, "unit": "percent", "source": source.name}
    vouched = {"direction": MAXIMISED} if higher_is_better else {}
    return ImportedTable(name, columns, card | vouched | {"valid": valid, "test": test or "not known"}, len(frame))


def _read(source: Path) -> "pd.DataFrame":
    import pandas as pd

    if not source.is_file():
        raise NotFound(f"there is no file {source}.")
    try:
        frame = _read_csv(source) if source.suffix.lower() == ".csv" else pd.read_parquet(source)
        indexed = [name for name in frame.index.names if name is not None and name not in frame.columns]
        frame = frame.reset_index(indexed) if indexed else frame  # choices may be what a frame is indexed by
    except Exception as error:  # a damaged file can fail in any way
        kind = source.suffix.removeprefix(".")
        raise InvalidTable(f"{source} cannot be read as {kind}: {shortened(system_sentence(error), 200)}.") from error
    if frame.empty:
        raise InvalidTable(f"{source} has no rows.")
    frame.columns = [str(column).strip() for column in frame.columns]
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()]
        raise InvalidTable(f"{source} has two columns of the name {some(twice)}; rename one.")
    return frame


def _read_csv(source: Path) -> "pd.DataFrame":
    """Read a CSV, whatever its header has between its names: many spreadsheets write semicolons."""
    import pandas as pd

    with source.open(encoding="utf-8", errors="replace") as file:
        header = file.readline()
    separator = next((sign for sign in ",;\t" if sign in header), ",")
    with warnings.catch_warnings():  # of rows that are longer than the header: their cells are not under its names
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(source, sep=separator, index_col=False, low_memory=False, skipinitialspace=True)


# -- choices -----------------------------------------------------------------------------------------------


def _picked(frame: "pd.DataFrame", choices: str, measured: set[str], source: Path) -> list[str]:
    """Return the columns that are choices, in the table's order; every part of the list names at least one."""
    parts = [choices] if choices in frame.columns else [part.strip() for part in choices.split(",")]
    picked: set[str] = set()
    for part in parts:
        if part in measured:
            raise InvalidOption(f"the column {part} of {source} cannot be a choice and a measurement at once.")
        found = {part} if part in frame.columns else {c for c in frame.columns if fnmatchcase(c, part)} - measured
        if not found:
            raise _no_column(frame, part, source, "that is a choice by ")
        picked |= found
    return [column for column in frame.columns if column in picked]


def _no_column(frame: "pd.DataFrame", name: str, source: Path, what: str = "") -> NotFound:
    named = repr(shortened(name)) if what or not name.strip() else shortened(name)
    return NotFound(f"{source} has no column {what}{named}; {close_to(name, list(frame.columns))}")


def _texts(frame: "pd.DataFrame", column: str, source: Path) -> list[str]:
    """Return what a choice is in every row, as text.

    Raises:
        InvalidTable: a cell is empty, or holds more than one value.
        InvalidOption: there are too many options, or one that cannot be written.
    """
    values = frame[column].tolist()
    lists = [row for row, value in enumerate(values) if isinstance(value, list | tuple | dict | set | np.ndarray)]
    if lists:
        raise InvalidTable(
            f"the choice {column} of {source} has more than one value in a cell, row {lists[0] + 1} the first: "
            f"{shortened(str(values[lists[0]]))}; give each a column of its own."
        )
    empty = np.flatnonzero(frame[column].isna().to_numpy() | [str(value).strip() == "" for value in values])
    if len(empty):
        raise InvalidTable(
            f"the choice {column} of {source} is empty (or NA, or None) in {len(empty):,} of {len(values):,} rows, "
            f"row {empty[0] + 1} the first; write a word there, such as absent, or drop these rows."
        )
    texts = [str(value) for value in values]
    options = dict.fromkeys(texts)
    unusable = [option for option in options if ";" in option or not option.isprintable()]
    if len(options) > MOST_OPTIONS or unusable:
        raise InvalidOption(
            f"the choice {column} of {source} needs 1 to {MOST_OPTIONS} different options, printable and without "
            f"';', not {len(options):,}: {some(unusable or options, 5)}."
        )
    return texts


def _check_distinct(texts: list[str], source: Path) -> None:
    """Make sure that no two rows are one architecture."""
    first: dict[str, int] = {}
    for row, text in enumerate(texts, start=1):
        if first.setdefault(text, row) != row:
            raise InvalidTable(
                f"rows {first[text]} and {row} of {source} are the same architecture, {shortened(text)}; keep one row "
                "of each, such as the mean of its trainings, and name every column that is a choice."
            )


def _options(frame: "pd.DataFrame", column: str) -> list[str]:
    """Return the options in ascending order: of numbers by size, of anything else by their text."""
    values = frame[column].unique().tolist()
    numbers = all(isinstance(value, int | float) for value in values)
    return list(dict.fromkeys(str(value) for value in sorted(values, key=None if numbers else str)))


# -- measurements ------------------------------------------------------------------------------------------


def _numbers(frame: "pd.DataFrame", column: str, source: Path) -> Any:
    try:
        return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        reason = shortened(system_sentence(error), 100)
        raise InvalidTable(f"the column {column} of {source} does not hold numbers: {reason}.") from error


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


def _check_direction(accuracies: Mapping[str, Any], frame: "pd.DataFrame", source: Path) -> None:
    """Make sure that neither the name of a column nor the others say that its lower values are better.

    Raises:
        InvalidTable: one does.
    """
    evidence = [c for c in frame.columns if expected(c) and not c.startswith("zc_")]
    numeric = frame[evidence].select_dtypes("number").astype(np.float64)
    reasons = {column: "by its name" for column in accuracies if lower_is_better(column)}
    for column, values in accuracies.items() if not reasons else ():
        others = ((c, numeric[c].to_numpy()) for c in numeric.columns if c != column)
        if reason := inverted(values, others):
            reasons[column] = reason
    for column, reason in reasons.items():
        raise InvalidTable(
            f"the column {column} of {source} looks as if lower were better, {reason}; weaknas maximises it, so "
            "import an accuracy, such as 100 minus the error, or vouch for it with --higher-is-better."
        )
