"""Parquet files of our own: sealed, so that one that was altered is refused rather than believed."""

from pathlib import Path
from typing import Any

from .errors import InvalidTable, NotFound, system_sentence
from .files import SEAL, verified, write_atomically

__all__ = ["read_parquet", "write_parquet"]

_SEAL = b"weaknas-seal"


def write_parquet(path: str | Path, table: Any, *, level: int | None = None) -> Path:
    """Write an Arrow table, whole or not at all, with a checksum of the whole file in it.

    Args:
        path: the file.
        table: a `pyarrow.Table`.
        level: of the compression (zstd).

    Raises:
        WeaknasError: the file cannot be written.
    """
    import pyarrow.parquet as pq

    def write(part: Path) -> None:
        # Not in the schema's metadata, which Arrow keeps a second, encoded copy of.
        with pq.ParquetWriter(
            part, table.schema, compression="zstd", compression_level=level, write_page_checksum=True
        ) as writer:
            writer.write_table(table)
            writer.add_key_value_metadata({_SEAL: SEAL})

    return write_atomically(path, write, sealed=True)


def read_parquet(path: str | Path, what: str, remedy: str) -> Any:
    """Return the Arrow table that a file holds, its seal verified if it has one.

    Args:
        path: the file.
        what: it should hold, for the messages: `saved search result`.
        remedy: what to do with one that is damaged: `restore it`.

    Raises:
        NotFound: there is no such file.
        InvalidTable: it is damaged, altered, or no Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if not path.is_file():
        raise NotFound(f"there is no {what} at {path}.")
    try:
        with pq.ParquetFile(pa.BufferReader(verified(path)), page_checksum_verification=True) as file:
            table = file.read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InvalidTable):
            raise
        raise InvalidTable(f"{path} is no {what}, or it is damaged ({system_sentence(error)}); {remedy}.") from error
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != _SEAL}
    return table.replace_schema_metadata(metadata or None)
