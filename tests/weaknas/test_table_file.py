import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weaknas
from weaknas.errors import InvalidTable, NotFound, WeaknasError
from weaknas.table_file import TableFile, parse_card, write_table

CARD = {"format": 1, "rows": 4, "benchmark": "mine", "dataset": "data", "space": {"a": ["x", "y"], "b": ["1", "2"]}}


def write(path, card=CARD, **columns):
    frame = pd.DataFrame({"arch": ["x;1", "x;2", "y;1", "y;2"], "valid_acc": [1.0, 2.0, 3.0, 4.0], **columns})
    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {} if card is None else {"weaknas": card if isinstance(card, str) else json.dumps(card)}
    pq.write_table(table.replace_schema_metadata(metadata), path, compression="zstd", write_page_checksum=True)
    return path


@pytest.fixture
def mine(tmp_path):
    return write(tmp_path / "mine.parquet")


def test_columns_are_what_was_written_with_nan_for_what_is_missing(tmp_path):
    counts = pa.array([1, None, 50_000_001, 4], pa.int64())
    table = pa.table(
        {"arch": ["x;1", "x;2", "y;1", "y;2"], "valid_acc": pa.array([1, None, 3, 4], pa.float32()), "n": counts}
    )
    pq.write_table(table.replace_schema_metadata({"weaknas": json.dumps(CARD)}), tmp_path / "t.parquet")
    file = TableFile(tmp_path / "t.parquet")
    np.testing.assert_array_equal(file.numbers("valid_acc"), [1, np.nan, 3, 4])
    np.testing.assert_array_equal(file.numbers("n"), [1, np.nan, 50_000_001, 4])
    assert file.texts() == ["x;1", "x;2", "y;1", "y;2"]
    with pytest.raises(InvalidTable, match=r"column arch of the table .*t.parquet does not hold numbers: string"):
        file.numbers("arch")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_table_truncated_anywhere_is_refused(mine, share):
    content = mine.read_bytes()
    cut = mine.with_name("cut.parquet")
    cut.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InvalidTable, match=r"cut.parquet cannot be used: .*fresh copy"):
        TableFile(cut)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_table_that_weaknas_wrote_is_sealed_so_that_its_card_is_as_it_was_written_too(tmp_path, share, bit):
    columns = {"arch": ["x;1", "x;2", "y;1", "y;2"], "valid_acc": [1.0, 2.0, 3.0, 4.0]}
    path = write_table(tmp_path / "sealed.parquet", columns, CARD)
    before = TableFile(path).card
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 1 << bit
    path.write_bytes(content)
    try:
        table = TableFile(path)
    except WeaknasError:
        return
    assert (table.card, table.numbers("valid_acc").tolist()) == (before, columns["valid_acc"])


def test_what_cannot_be_written_as_a_table_is_one_sentence(tmp_path):
    for columns, card in (({"arch": ["a"], "valid_acc": [1.0, 2.0]}, {}), ({"arch": ["a"]}, {"space": {1, 2}})):
        with pytest.raises(InvalidTable, match="cannot be written as a table"):
            write_table(tmp_path / "t.parquet", columns, card)
    assert not list(tmp_path.iterdir())


def test_architectures_that_are_no_texts_and_columns_that_are_not_there_are_refused(tmp_path):
    for number, arch in enumerate(([1, 2], [None, "a"], [["a"], ["b"]], [b"\xff", b"a"])):
        path = write_table(tmp_path / f"{number}.parquet", {"arch": arch, "valid_acc": [1.0, 2.0]}, {})
        with pytest.raises(InvalidTable, match="does not hold a text in every row"):
            TableFile(path).texts()
    with pytest.raises(NotFound, match="has no column valid_ac; did you mean valid_acc"):
        TableFile(path).numbers("valid_ac")
    with pytest.raises(InvalidTable, match="has no rows"):
        TableFile(write_table(tmp_path / "none.parquet", {"arch": pa.array([], pa.string())}, {}))


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (None, "it has no card"),
        ("{not json", "it has no card"),
        ({"rows": 4}, "it has no card"),
        ({**CARD, "format": 3}, "has format 3; this weaknas reads 1 to 2"),
        ({**CARD, "metrics": [{"name": "loss", "direction": "down"}]}, "describes no metric"),
        ({**CARD, "metrics": [{"name": "loss", "colour": "red"}]}, "describes no metric"),
        ({**CARD, "metrics": {"name": "loss"}}, "metrics is no list of different metrics"),
        ({**CARD, "metrics": [{"name": "seed"}]}, "a metric cannot be called seed"),
        ({**CARD, "missing": "zero"}, "missing is not 'failed'"),
        ({**CARD, "resumable": "yes"}, "resumable is neither true nor false"),
        ({**CARD, "rows": 5}, "its card says 5 rows and it has 4"),
    ],
)
def test_a_table_without_a_sound_card_is_refused(tmp_path, card, message):
    with pytest.raises(InvalidTable, match=message):
        TableFile(write(tmp_path / "t.parquet", card))


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "text.parquet").write_text("hello, I am no table at all")
    with pytest.raises(InvalidTable, match="truncated or no Parquet file"):
        TableFile(tmp_path / "text.parquet")
    with pytest.raises(NotFound, match="there is no table"):
        TableFile(tmp_path / "none.parquet")


def test_a_table_written_is_a_table_read(tmp_path):
    columns = {"arch": ["a;b"], "valid_acc": np.array([1.5], np.float32), "macs": np.array([2**40])}
    table = TableFile(write_table(tmp_path / "new.parquet", columns, {"space": {"x": ["a"], "y": ["b"]}}))
    assert (table.card["format"], table.card["rows"], table.card["space"]["x"]) == (2, 1, ["a"])
    assert table.card["writer"] == f"weaknas {weaknas.__version__}"
    assert (table.texts(), table.numbers("macs").tolist()) == (["a;b"], [2**40])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "states no format"),
        ('{"format": 1, "format": 2}', "a key stands in it twice"),
        ('{"format": 1, "epochs": 0}', "epochs is no number from 1"),
        ('{"format": 1, "epochs": true}', "epochs is no number from 1"),
        ('{"format": 1, "rows": "4"}', "rows is no number from 1"),
        ('{"format": 1, "dataset": 5}', "dataset is no text"),
        ('{"format": 1, "benchmark": "a\\nb"}', "benchmark is no name"),
        ('{"format": 1, "network": {"width": 8}}', "network does not state"),
        ('{"format": 1' + "0" * 5000 + "}", "limit"),
    ],
)
def test_a_card_that_is_none_says_why(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_card(text.encode())
