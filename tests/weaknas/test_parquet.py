import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weaknas.errors import InvalidTable, NotFound
from weaknas.parquet import read_parquet, write_parquet

TABLE = pa.table(
    {"number": [1.5, None, 3.0], "text": ["a", "b", "weaknas-sha256:" + "0" * 64]}
).replace_schema_metadata({"card": "{}"})


def test_a_table_comes_back_as_it_was_and_as_the_same_bytes(tmp_path):
    first, second = (write_parquet(tmp_path / name, TABLE, level=9) for name in ("first", "second"))
    assert read_parquet(first, "thing", "restore it").equals(TABLE, check_metadata=True)
    assert first.read_bytes() == second.read_bytes()


def test_no_flipped_bit_changes_what_is_read(tmp_path):
    path = write_parquet(tmp_path / "file", TABLE)
    content = path.read_bytes()
    refused = 0
    for at in np.random.default_rng(0).integers(0, len(content), 400):
        path.write_bytes(content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :])
        try:
            assert read_parquet(path, "thing", "restore it").equals(TABLE, check_metadata=True)
        except InvalidTable:
            refused += 1
    assert refused > 350  # the others are in the seal's own name


@pytest.mark.parametrize("content", [b"", b"PAR1", b"text", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InvalidTable, match=r"is no thing, or it is damaged \(.*\); restore it\."):
        read_parquet(tmp_path / "file", "thing", "restore it")
    with pytest.raises(NotFound, match="there is no thing at"):
        read_parquet(tmp_path / "other", "thing", "restore it")


def test_a_file_of_another_program_is_read_too(tmp_path):
    table = TABLE.select(["number"])
    pq.write_table(table, tmp_path / "file")
    assert read_parquet(tmp_path / "file", "thing", "restore it").equals(table)
