"""Where tables are, and how one is read: its card, its checksum."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path

from weaknas.errors import InvalidTable, NotFound, WeaknasError, system_sentence
from weaknas.files import verified
from weaknas.table_file import FORMAT

from .card import parse_card
from .published import Known, claimed, difference, known
from .words import close_to, shortened

__all__ = ["SUFFIX", "TableFile", "data_directories", "find", "found", "open_file", "own_directory"]

SUFFIX = ".parquet"


def data_directories() -> list[Path]:
    """Return where tables are looked up: `$WEAKNAS_DATA`, the user's data directory, the package's own."""
    named = [Path(part) for part in os.environ.get("WEAKNAS_DATA", "").split(os.pathsep) if part]
    return [*named, user_data_path("weaknas"), Path(str(files("weaknas_benchmarks").joinpath("tables")))]


def found() -> Iterator[Path]:
    """Yield every table file found, in the order of the directories; a name counts where it is first."""
    seen = set()
    for directory in data_directories():
        for path in sorted(directory.glob(f"*{SUFFIX}")) if directory.is_dir() else ():
            if path.name not in seen:
                seen.add(path.name)
                yield path


def find(file: str) -> Path:
    """Return the path of a table by its file name.

    Raises:
        NotFound: no directory holds it; the message says where it was looked for and how to get it.
    """
    for directory in data_directories():
        if (directory / file).is_file():
            return directory / file
    looked = ", ".join(str(directory) for directory in data_directories())
    card = known().get(file)
    how = card.get if card else "copy it to one of these directories"
    raise NotFound(f"the table {file} is not on this machine (looked in {looked}); {how}.")


def own_directory() -> Path:
    """Return the user's data directory, where a user's own tables and imports go, made if it is not there.

    Never a directory that `$WEAKNAS_DATA` names, which may hold the published tables of many, nor the package.

    Raises:
        WeaknasError: it cannot be written to.
    """
    return writable_directory(user_data_path("weaknas"))


def writable_directory(directory: Path) -> Path:
    """Return a folder for tables, made if it is not there.

    Raises:
        WeaknasError: it cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except (OSError, ValueError) as error:
        reason = "it is no folder" if isinstance(error, FileExistsError) else system_sentence(error)
        raise WeaknasError(
            f"no table can be written to {directory} ({reason}); name a folder of yours with --out."
        ) from error


def open_file(file: str | Path) -> "TableFile":
    """Return a table that is what its name says.

    Args:
        file: its path, or (a string) its file name in the data directories.

    Raises:
        NotFound: the table is not on this machine.
        InvalidTable: it is damaged, or has the name of a published one and is not that.
    """
    table = TableFile(file if isinstance(file, Path) else find(file))
    if table.known and (reason := difference(table)):
        raise InvalidTable(
            f"the table {table.path} has the name of the published {table.known.name} and is not that: {reason}; "
            "give it another name, or put the published one in its place."
        )
    return table


class TableFile:
    """One table: a Parquet file whose columns are read when they are needed.

    Args:
        path: the file.

    Raises:
        NotFound: there is no such file.
        InvalidTable: it is truncated, altered, of a newer format, or no table at all.

    Attributes:
        path: the file.
        card: what the table says of itself.
        columns: the names of its columns.
        rows: the number of architectures.
        estimated: the columns that are estimated rather than recorded.
    """

    estimated: frozenset[str] = frozenset()

    def __init__(self, path: str | Path) -> None:
        import pyarrow as pa

        self.path = Path(path)
        if not self.path.is_file():
            raise NotFound(f"there is no table {self.path}.")
        try:
            verified(self.path)
            with self._open() as file:
                schema, self.rows = file.schema_arrow, int(file.metadata.num_rows)
            self.columns: list[str] = schema.names
        except InvalidTable:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self.damaged("it is truncated or no Parquet file") from error
        if not self.rows:
            raise self.damaged("it has no rows")
        self.card = self._card(schema.metadata or {})
        self._verify()
        if "arch" not in self.columns:
            raise self.damaged("it has no column arch")
        if len(set(self.columns)) < len(self.columns):
            raise self.damaged("two of its columns have the same name")

    def damaged(self, what: str) -> InvalidTable:
        """Return the error for this file."""
        return InvalidTable(f"the table {self.path} cannot be used: {what}; replace it with a fresh copy.")

    @cached_property
    def sha256(self) -> str:
        """The file's checksum."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def checksums(self) -> dict[str, str]:
        """The file's checksum, by its name."""
        return {self.path.name: self.sha256}

    @property
    def known(self) -> Known | None:
        """The published benchmark that this is by its file name."""
        return claimed(self.path.stem)

    def _verify(self) -> None:
        """Compare a published benchmark's table with its known checksum.

        What `write_table` wrote has a checksum of its own, and others on every page; whether it is what its name
        says is `open_file`'s to find out.
        """
        published = self.known.sha256 if self.known else None
        if self.known and published and "writer" not in self.card and self.sha256 != published:
            raise self.damaged(
                f"its checksum is not that of {self.known.name} ({published[:12]}…), so it was altered or cut short"
            )

    def _card(self, metadata: dict[bytes, bytes]) -> dict[str, Any]:
        if b"weaknas" not in metadata:
            raise self.damaged("it has no card (schema metadata 'weaknas')")
        try:
            card = parse_card(metadata[b"weaknas"])
        except ValueError as error:
            reason = shortened(system_sentence(error), 200)
            raise self.damaged(f"it has no card that can be read (schema metadata 'weaknas'): {reason}") from error
        version, rows = card["format"], card.get("rows", self.rows)
        if type(version) is not int or version != FORMAT:
            raise InvalidTable(
                f"the table {self.path} has format {shortened(repr(version))}; this weaknas reads {FORMAT}: "
                "upgrade weaknas."
            )
        if rows != self.rows:
            raise self.damaged(f"its card says {rows} rows and it has {self.rows}")
        return card

    def texts(self, column: str = "arch") -> list[str]:
        """Return a column of strings."""
        array = self._read(column)
        try:
            texts: list[str] = array.to_pylist()
        except UnicodeDecodeError as error:
            raise self.damaged(f"its column {column} holds what is no text") from error
        if not all(isinstance(text, str) for text in texts):
            raise InvalidTable(f"the column {column} of the table {self.path} does not hold a text in every row.")
        return texts

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return a column of numbers; missing cells are NaN."""
        import pyarrow as pa

        array = self._read(column)
        if pa.types.is_null(array.type):  # a column in which nothing is known
            return np.full(len(array), np.nan)
        if pa.types.is_boolean(array.type) or pa.types.is_decimal(array.type):
            array = array.cast(pa.float64())
        if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
            raise InvalidTable(f"the column {column} of the table {self.path} does not hold numbers: {array.type}.")
        # The buffers themselves: pyarrow's own conversions load pandas, 40 MB that a table has no use for.
        dtype = np.dtype(array.type.to_pandas_dtype())
        numbers = np.frombuffer(array.buffers()[1], dtype, array.offset + len(array))[array.offset :]
        values: NDArray[np.float64] = numbers.astype(np.float64)
        if array.null_count:
            bits = np.unpackbits(np.frombuffer(array.buffers()[0], np.uint8), bitorder="little")
            values[bits[array.offset : array.offset + len(array)] == 0] = np.nan
        return values

    def _read(self, column: str) -> Any:
        import pyarrow as pa

        if column not in self.columns:
            raise NotFound(f"the table {self.path} has no column {column}; {close_to(column, self.columns)}")
        try:
            with self._open() as file:
                table = file.read([column], use_threads=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self.damaged(f"its column {column} cannot be read") from error
        if len(table) != self.rows:
            raise self.damaged(f"its column {column} has {len(table)} of {self.rows} rows")
        return table.column(0).combine_chunks()

    def _open(self) -> Any:
        # Not pyarrow.parquet.read_table: that loads pyarrow.dataset, 60 MB that a table has no use for.
        from pyarrow.parquet import ParquetFile

        return ParquetFile(self.path, page_checksum_verification=True)
