"""A table file of a user's, CSV or Parquet: its columns as choices and as numbers, whatever wrote it."""

import os
import warnings
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidOption, InvalidTable, NotFound, system_sentence
from weaknas.spaces.batches import MOST_OPTIONS
from weaknas.words import close_to, shortened, some

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ABSENT", "ChoiceColumn", "UserFile"]

ABSENT = "absent"
"""The option of a choice whose cell is empty: a choice that the others leave without meaning."""

_END = "\0"  # the name of what follows the last separator of a row
_MISSING = ("", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "-nan", "null", "NULL", "None", "<NA>")  # of a number
_PER_CELL = 60  # bytes that a cell of a CSV needs while it is read, measured; of a Parquet file it is less
_FIXED = 0.3e9  # bytes of the libraries
_EXACT = 2**53  # below this whole numbers are exact
_SAMPLE = 200  # lines from which the number of all is estimated


class ChoiceColumn(NamedTuple):
    """A column that is a choice: its options in ascending order, and which one each row has."""

    options: list[str]
    codes: NDArray[np.int16]


class UserFile:
    """The columns of a file.

    Args:
        source: a CSV (with a header; commas, semicolons or tabs between its cells) or Parquet file.

    Raises:
        NotFound: there is no such file.
        InvalidTable: its names cannot be read, or stand there twice.

    Attributes:
        source: the file.
        columns: the names of its columns, without the spaces around them.
    """

    def __init__(self, source: Path) -> None:
        if not source.is_file():
            raise NotFound(f"there is no file {source}.")
        self.source = source
        self._csv = source.suffix.lower() == ".csv"
        self._written: list[str] = self._tried(self._names)
        self.columns = [name.strip() for name in self._written]
        twice = [name for name in self.columns if self.columns.count(name) > 1]
        if twice:
            raise InvalidTable(f"{source} has two columns of the name {some(dict.fromkeys(twice))}; rename one.")

    @property
    def memory(self) -> float:
        """About how many bytes are needed at most while it is read."""
        return _FIXED + _PER_CELL * self._rows * len(self.columns)

    def picked(self, choices: str, measured: set[str]) -> list[str]:
        """Return the columns that are choices, in the file's order; every part of the list names at least one.

        Args:
            choices: columns joined by commas; what is no column's name is a glob.
            measured: columns that are something else.

        Raises:
            NotFound: a part names no column.
            InvalidOption: a column is named as two things.
        """
        parts = [choices] if choices in self.columns else [part.strip() for part in choices.split(",")]
        picked: set[str] = set()
        for part in parts:
            if part in measured:
                raise InvalidOption(
                    f"the column {part} of {self.source} cannot be a choice and a measurement at once."
                )
            found = {part} if part in self.columns else {c for c in self.columns if fnmatchcase(c, part)} - measured
            if not found:
                raise self.no_column(part, "that is a choice by ")
            picked |= found
        return [column for column in self.columns if column in picked]

    def no_column(self, name: str, what: str = "") -> NotFound:
        """Return the error for a column that is not there."""
        named = repr(shortened(name)) if what or not name.strip() else shortened(name)
        return NotFound(f"{self.source} has no column {what}{named}; {close_to(name, self.columns)}")

    def read(self, choices: Sequence[str]) -> "pd.DataFrame":
        """Return all rows; the cells of choices are what is written there, and each different one is kept once.

        Raises:
            InvalidTable: it cannot be read, has no rows, or needs more memory than there is.
        """
        free = available()
        if self.memory > free:
            needed, there = (f"{size / 1e9:.1f} GB" for size in (self.memory, free))
            raise InvalidTable(
                f"{self.source} needs about {needed} of memory while it is read, and {there} are free; leave columns "
                "out that are not needed, or import it on a larger machine."
            )
        frame: pd.DataFrame = self._tried(
            lambda: self._read_csv(choices) if self._csv else self._read_parquet(choices)
        )
        if frame.empty:
            raise InvalidTable(f"{self.source} has no rows.")
        return frame

    def choice(self, frame: "pd.DataFrame", column: str) -> ChoiceColumn:
        """Return a column as a choice; an empty cell is the option `absent`.

        Raises:
            InvalidTable: a cell holds more than one value, or all are empty.
            InvalidOption: there are too many options, or one that cannot be written.
        """
        import pandas as pd

        values = frame[column]
        if values.dtype == object:
            lists = [
                row for row, cell in enumerate(values) if isinstance(cell, list | tuple | dict | set | np.ndarray)
            ]
            if lists:
                raise InvalidTable(
                    f"the choice {column} of {self.source} has more than one value in a cell, row {lists[0] + 1} the "
                    f"first: {shortened(str(values.iloc[lists[0]]))}; give each a column of its own."
                )
        codes, different = pd.factorize(values)
        cells = _typed([*different])
        empty = [str(cell).strip() == "" for cell in cells] + [True]  # the last is that of code -1
        if all(empty[code] for code in np.unique(codes)):
            raise InvalidTable(f"the choice {column} of {self.source} is empty in all of its {len(codes):,} rows.")
        texts = [ABSENT if nothing else str(cell) for cell, nothing in zip([*cells, ""], empty, strict=True)]
        there = sorted((c for c, nothing in zip(cells, empty, strict=False) if not nothing), key=_order(cells))
        absent = [ABSENT] if any(empty[code] for code in np.unique(codes)) else []
        options = list(dict.fromkeys([*absent, *map(str, there)]))
        unusable = [option for option in options if ";" in option or not option.isprintable()]
        if len(options) > MOST_OPTIONS or unusable:
            raise InvalidOption(
                f"the choice {column} of {self.source} needs 1 to {MOST_OPTIONS} different options, printable and "
                f"without ';', not {len(options):,}: {some(unusable or options, 5)}."
            )
        numbers = {option: number for number, option in enumerate(options)}
        lookup = np.array([numbers.get(text, 0) for text in texts], dtype=np.int16)
        return ChoiceColumn(options, lookup[codes])

    def numbers(self, frame: "pd.DataFrame", column: str) -> NDArray[np.float64]:
        """Return a column as numbers, NaN where there is none.

        Raises:
            InvalidTable: it does not hold numbers.
        """
        try:
            return frame[column].to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        except (TypeError, ValueError) as error:
            reason = shortened(system_sentence(error), 100)
            raise InvalidTable(f"the column {column} of {self.source} does not hold numbers: {reason}.") from error

    # -- files -----------------------------------------------------------------------------------------

    def _tried(self, read: Any) -> Any:
        try:
            return read()
        except Exception as error:  # a damaged file can fail in any way
            kind = self.source.suffix.removeprefix(".")
            reason = shortened(system_sentence(error), 200)
            raise InvalidTable(f"{self.source} cannot be read as {kind}: {reason}.") from error

    def _names(self) -> list[str]:
        import pandas as pd
        from pyarrow.parquet import read_schema

        if self._csv:
            return [str(name) for name in pd.read_csv(self.source, nrows=0, **self._format).columns]
        frame = read_schema(self.source).empty_table().to_pandas()
        return [str(name) for name in self._with_index(frame).columns]

    @property
    def _rows(self) -> float:
        from pyarrow.parquet import read_metadata

        if not self._csv:
            return float(read_metadata(self.source).num_rows)
        with self.source.open("rb") as file:
            lines = [line for _, line in zip(range(_SAMPLE), file, strict=False)]
        return os.path.getsize(self.source) * len(lines) / max(1, sum(map(len, lines)))

    @property
    def _format(self) -> dict[str, Any]:
        """What is between the cells of a CSV: many spreadsheets write semicolons."""
        with self.source.open(encoding="utf-8", errors="replace") as file:
            header = file.readline()
        separator = next((sign for sign in ",;\t" if sign in header), ",")
        return {"sep": separator, "index_col": False, "skipinitialspace": True}

    def _read_csv(self, choices: Sequence[str]) -> "pd.DataFrame":
        import pandas as pd

        picked = {raw for raw, name in zip(self._written, self.columns, strict=True) if name in choices}
        names = [*self._written, *([_END] if self._has_end else [])]
        missing = {raw: () if raw in picked else _MISSING for raw in names}
        with warnings.catch_warnings():  # of rows that are longer than the header: their cells are not under its names
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                self.source,
                **self._format,
                header=0,
                names=names,
                dtype=dict.fromkeys(picked, "category"),
                na_values=missing,
                keep_default_na=False,
                low_memory=False,
            )
        if self._has_end and frame.pop(_END).notna().any():
            raise ValueError("its rows are longer than its header")
        named: pd.DataFrame = frame.set_axis(self.columns, axis=1)
        return named

    @property
    def _has_end(self) -> bool:
        """Whether the rows of a CSV end with a separator, and its header does not: one more cell, which is empty."""
        with self.source.open(encoding="utf-8", errors="replace") as file:
            header, row = file.readline().strip(), file.readline().strip(" \r\n")
        separator = self._format["sep"]
        return row.endswith(separator) and not header.endswith(separator)

    def _read_parquet(self, choices: Sequence[str]) -> "pd.DataFrame":
        from pyarrow.parquet import read_table

        picked = [raw for raw, name in zip(self._written, self.columns, strict=True) if name in choices]
        frame = self._with_index(read_table(self.source, read_dictionary=picked).to_pandas())
        return frame.set_axis(self.columns, axis=1)

    @staticmethod
    def _with_index(frame: "pd.DataFrame") -> "pd.DataFrame":
        """Return a frame with what it is indexed by as columns: choices may be."""
        indexed = [name for name in frame.index.names if name is not None and name not in frame.columns]
        return frame.reset_index(indexed) if indexed else frame


def available() -> float:
    """Return how many bytes of memory can be had; infinitely many where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return float("inf")


def _typed(cells: list[Any]) -> list[Any]:
    """Return the different cells of a column as whole numbers, else as numbers, where all that are not empty are."""
    there = [cell for cell in cells if str(cell).strip() != ""]
    if any(isinstance(cell, bool | np.bool_) or "_" in str(cell) for cell in there):  # float("1_0") is 10
        return cells
    try:
        made: dict[Any, float] = {cell: float(cell) for cell in there}
    except (TypeError, ValueError, OverflowError):
        return cells
    if any(number != number for number in made.values()):
        return cells
    whole = all(number.is_integer() and abs(number) < _EXACT for number in made.values())
    return [(int(made[cell]) if whole else made[cell]) if cell in made else cell for cell in cells]


def _order(cells: list[Any]) -> Any:
    """Return the key by which options are in order: numbers by size, anything else by its text."""
    there = [cell for cell in cells if str(cell).strip() != ""]
    return None if all(isinstance(cell, int | float) for cell in there) else str
