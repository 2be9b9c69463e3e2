import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest


@pytest.fixture
def write_unsealed():
    """Write a table as a stranger's program does: without a seal, or the name of its writer."""

    def write(path):
        table = pa.table({"arch": ["x;1", "x;2", "y;1", "y;2"], "valid_acc": [1.0, 2.0, 3.0, 4.0]})
        card = {"format": 1, "rows": 4, "benchmark": "mine", "dataset": "data"}
        card["space"] = {"a": ["x", "y"], "b": ["1", "2"]}
        pq.write_table(table.replace_schema_metadata({"weaknas": json.dumps(card)}), path, write_page_checksum=True)
        return path

    return write
