"""The format of all tables (docs/table-format.md): how one is written, read, and what its card may say."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidOption, InvalidTable, NotFound, as_sentence, system_sentence
from .files import verified
from .metrics import Metric
from .parquet import write_parquet
from .words import close_to, shortened

__all__ = ["FORMAT", "Column", "TableData", "TableFile", "parse_card", "write_table"]

FORMAT = 2
Column = NDArray[np.float64]  # (n,), one number a row of a table

_CARD = b"weaknas"  # the card's key in the schema's metadata
_TEXTS = ("benchmark", "dataset", "unit", "valid", "test", "writer")
_NUMBERS = ("rows", "epochs")
_NETWORK = ("channels", "classes", "side", "width")
_LARGEST = 2**31
_LONGEST = 200  # characters of a name


def write_table(path: str | Path, columns: Mapping[str, object], card: Mapping[str, object]) -> Path:
    """Write a table, all of it or nothing.

    Args:
        path: where to; its ending is `.parquet`.
        columns: arrays or lists of one length by name, `arch` among them.
        card: what the table says of itself; `format`, `rows` and `writer` are added.

    Raises:
        InvalidTable: the columns differ in length, or hold what no table can.
        WeaknasError: the file cannot be written.
    """
    import pyarrow as pa

    try:
        table = pa.table(dict(columns))
        card = {"format": FORMAT, "rows": len(table), **card, "writer": f"weaknas {version('weaknas')}"}
        table = table.replace_schema_metadata({_CARD: json.dumps(card)})
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InvalidTable(f"{path} cannot be written as a table: {system_sentence(error)}.") from error
    return write_parquet(path, table)


class TableData(Protocol):
    """A card and columns: of a file, of a frame, or derived from them.

    Attributes:
        card: what the table says of itself.
        columns: the names of its columns.
        estimated: the columns that are estimated rather than recorded.
    """

    card: dict[str, Any]
    columns: list[str]
    estimated: frozenset[str]

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of the files that the columns come from, by file name."""
        ...

    def texts(self, column: str = "arch") -> list[str]:
        """Return a column of strings."""
        ...

    def numbers(self, column: str) -> Column:
        """Return a column of numbers; missing cells are NaN."""
        ...


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

    def _card(self, metadata: dict[bytes, bytes]) -> dict[str, Any]:
        if _CARD not in metadata:
            raise self.damaged("it has no card (schema metadata 'weaknas')")
        try:
            card = parse_card(metadata[_CARD])
        except ValueError as error:
            reason = shortened(system_sentence(error), 200)
            raise self.damaged(f"it has no card that can be read (schema metadata 'weaknas'): {reason}") from error
        version, rows = card["format"], card.get("rows", self.rows)
        if type(version) is not int or not 1 <= version <= FORMAT:
            raise InvalidTable(
                f"the table {self.path} has format {shortened(repr(version))}; this weaknas reads 1 to {FORMAT}: "
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

    def numbers(self, column: str) -> Column:
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
        values: Column = numbers.astype(np.float64)
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


def parse_card(text: bytes) -> dict[str, Any]:
    """Return the card that a text in JSON holds.

    Raises:
        ValueError: it is no card; the message says why, in words without a full stop.
    """
    try:
        card = json.loads(text, object_pairs_hook=_distinct)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(card, dict) or "format" not in card:
        raise ValueError("it states no format")
    for key in _TEXTS:
        if key in card and not isinstance(card[key], str):
            raise ValueError(f"{key} is no text")
    for key in ("benchmark", "dataset"):
        if len(card.get(key, "")) > _LONGEST or not card.get(key, "").isprintable():
            raise ValueError(f"{key} is no name: {shortened(card[key])}")
    for key in _NUMBERS:
        if key in card and not _is_count(card[key]):
            raise ValueError(f"{key} is no number from 1")
    if not isinstance(card.get("resumable", False), bool):
        raise ValueError("resumable is neither true nor false")
    _check_metrics(card)
    network = card.get("network")
    if network is not None and not (
        isinstance(network, dict) and network.keys() == set(_NETWORK) and all(map(_is_count, network.values()))
    ):
        raise ValueError(f"network does not state {', '.join(_NETWORK)} as numbers from 1")
    return card


def _check_metrics(card: dict[str, Any]) -> None:
    listed = card.get("metrics", [])
    try:
        names = [Metric.from_card(content).valid for content in listed] if isinstance(listed, list) else [""]
    except InvalidOption as error:
        raise ValueError(as_sentence(error).rstrip(".")) from None
    if len(set(names)) < len(names) or "" in names:
        raise ValueError("metrics is no list of different metrics")
    if card.get("missing", "failed") != "failed":
        raise ValueError("missing is not 'failed', which is all that it can be")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < _LARGEST
