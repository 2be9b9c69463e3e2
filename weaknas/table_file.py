"""Writing a table in the one format of all tables (docs/table-format.md)."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from .errors import InvalidTable, system_sentence
from .parquet import write_parquet

__all__ = ["FORMAT", "write_table"]

FORMAT = 1


def write_table(path: str | Path, columns: Mapping[str, object], card: Mapping[str, object]) -> Path:
    """Write a table in the format (docs/table-format.md), whole or not at all.

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
        table = table.replace_schema_metadata({"weaknas": json.dumps(card)})
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InvalidTable(f"{path} cannot be written as a table: {system_sentence(error)}.") from error
    return write_parquet(path, table)
