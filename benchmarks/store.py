"""Where tables are, and how one is read: its card, its checksum."""

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_data_path

from weaknas.errors import InvalidTable, NotFound
from weaknas.table_file import FORMAT

__all__ = ["SUFFIX", "Known", "TableFile", "data_directories", "find", "found", "known"]

SUFFIX = ".parquet"


@dataclass(frozen=True)
class Known:
    """What weaknas knows of a table of a published benchmark, from the card of the benchmark.

    Attributes:
        name: the benchmark's name, `nasbench201/cifar100`.
        file: the table's file name.
        rows: how many architectures it has.
        get: how to get the table.
        facts: what must be true of the table; see `benchmarks/facts.py`.
        sha256: checksum of the table that the facts were verified on; None for one that only importers make.
    """

    name: str
    file: str
    rows: int
    get: str
    facts: dict[str, Any]
    sha256: str | None = None


@cache
def known() -> dict[str, Known]:
    """Return the published benchmarks by the file name of their tables."""
    tables = {}
    for card in sorted(files("weaknas_benchmarks").joinpath("cards").iterdir(), key=lambda c: c.name):
        if card.name.endswith(".toml"):
            content = tomllib.loads(card.read_text("utf-8"))
            for entry in content["table"]:
                tables[entry["file"]] = Known(get=content["get"], **entry)
    return tables


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
            with self._open() as file:
                schema, self.rows = file.schema_arrow, int(file.metadata.num_rows)
            self.columns: list[str] = schema.names
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self.damaged("it is truncated or no Parquet file") from error
        self.card = self._card(schema.metadata or {})
        self._verify()
        if "arch" not in self.columns:
            raise self.damaged("it has no column arch")

    def damaged(self, what: str) -> InvalidTable:
        """Return the error for this file."""
        return InvalidTable(f"the table {self.path} cannot be used: {what}; replace it with a fresh copy.")

    @property
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
        """The published benchmark whose table has this file name."""
        return known().get(self.path.name)

    def _verify(self) -> None:
        """Compare a published benchmark's table with its known checksum.

        What `write_table` wrote has checksums of its own on every page, which are verified as it is read.
        """
        published = self.known.sha256 if self.known else None
        if self.known and published and "writer" not in self.card and self.sha256 != published:
            raise self.damaged(
                f"its checksum is not that of {self.known.name} ({published[:12]}…), so it was altered or cut short"
            )

    def _card(self, metadata: dict[bytes, bytes]) -> dict[str, Any]:
        try:
            card = json.loads(metadata[b"weaknas"])
            version, rows = card["format"], card.get("rows", self.rows)
        except (KeyError, TypeError, ValueError) as error:
            raise self.damaged("it has no card (schema metadata 'weaknas')") from error
        if version != FORMAT:
            raise InvalidTable(
                f"the table {self.path} has format {version!r}; this weaknas reads {FORMAT}: upgrade weaknas."
            )
        if rows != self.rows:
            raise self.damaged(f"its card says {rows} rows and it has {self.rows}")
        checked: dict[str, Any] = card
        return checked

    def texts(self, column: str = "arch") -> list[str]:
        """Return a column of strings."""
        texts: list[str] = self._read(column).to_pylist()
        return texts

    def numbers(self, column: str) -> NDArray[np.float64]:
        """Return a column of numbers; missing cells are NaN."""
        # The buffers themselves: pyarrow's own conversions load pandas, 40 MB that a table has no use for.
        array = self._read(column)
        try:
            dtype = np.dtype(array.type.to_pandas_dtype())
            numbers = np.frombuffer(array.buffers()[1], dtype, array.offset + len(array))[array.offset :]
        except (TypeError, ValueError) as error:
            raise self.damaged(f"its column {column} does not hold numbers") from error
        values: NDArray[np.float64] = numbers.astype(np.float64)
        if array.null_count:
            bits = np.unpackbits(np.frombuffer(array.buffers()[0], np.uint8), bitorder="little")
            values[bits[array.offset : array.offset + len(array)] == 0] = np.nan
        return values

    def _read(self, column: str) -> Any:
        import pyarrow as pa

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
