import hashlib
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weaknas
from weaknas.errors import InvalidTable, NotFound, WeaknasError
from weaknas_benchmarks import store
from weaknas_benchmarks.published import published_tables
from weaknas_benchmarks.wrappers import Noisy


def write(path):
    """A table that nobody here wrote: without a seal or the name of its writer."""
    table = pa.table({"arch": ["x;1", "x;2", "y;1", "y;2"], "valid_acc": [1.0, 2.0, 3.0, 4.0]})
    card = {
        "format": 1,
        "rows": 4,
        "benchmark": "mine",
        "dataset": "data",
        "space": {"a": ["x", "y"], "b": ["1", "2"]},
    }
    pq.write_table(table.replace_schema_metadata({"weaknas": json.dumps(card)}), path, write_page_checksum=True)
    return path


@pytest.fixture
def mine(tmp_path):
    return write(tmp_path / "mine.parquet")


def test_a_table_is_a_benchmark_by_its_file_name(mine):
    bench = weaknas.benchmark(str(mine))
    assert bench.space.size == 4
    assert bench.evaluate(bench.space.from_str(["y;1"])).scores.tolist() == [3.0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_table_with_a_flipped_bit_is_refused_or_reads_the_same(mine, share, bit):
    content = bytearray(mine.read_bytes())
    at = int(share * len(content))
    content[at] ^= 1 << bit
    altered = mine.with_name("altered.parquet")
    altered.write_bytes(content)
    try:
        bench = weaknas.benchmark(str(altered))
    except WeaknasError:
        return
    rows = bench.space.rows
    scores = dict(zip(bench.space.to_str(rows), bench.evaluate(rows).scores, strict=True))
    assert scores == {"x;1": 1.0, "x;2": 2.0, "y;1": 3.0, "y;2": 4.0}


def test_a_published_table_that_nobody_here_wrote_has_the_published_checksum(tmp_path):
    with pytest.raises(InvalidTable, match="its checksum is not that of"):
        store.table_at(write(tmp_path / "nasbench201-cifar10.parquet"))


def test_a_benchmark_that_only_importers_make_has_no_published_checksum(tmp_path):
    assert published_tables()["nats-size-cifar10.parquet"].sha256 is None
    assert store.table_at(write(tmp_path / "nats-size-cifar10.parquet")).rows == 4


def test_directories_are_searched_in_order(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    for directory in (first, second):
        directory.mkdir()
    write(second / "mine.parquet")
    monkeypatch.setenv("WEAKNAS_DATA", os.pathsep.join([str(first), str(second)]))
    assert store.find("mine.parquet") == second / "mine.parquet"
    write(first / "mine.parquet")
    assert store.find("mine.parquet") == first / "mine.parquet"
    assert [p for p in store.found() if p.name == "mine.parquet"] == [first / "mine.parquet"]


def test_a_missing_table_says_where_it_was_looked_for_and_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("WEAKNAS_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setattr(store, "user_data_path", lambda name: tmp_path / "user")
    with pytest.raises(NotFound, match=r"nasbench201-cifar10.parquet is not .*nowhere.*user.*weaknas data import"):
        weaknas.benchmark("nasbench201/cifar10")


@pytest.mark.data
def test_an_altered_copy_of_a_published_table_is_refused(cifar100_file, tmp_path, monkeypatch):
    content = bytearray(cifar100_file.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / cifar100_file.name).write_bytes(content)
    monkeypatch.setenv("WEAKNAS_DATA", str(tmp_path))
    with pytest.raises(InvalidTable, match="its checksum is not that of nasbench201/cifar100"):
        weaknas.benchmark("nasbench201/cifar100")


def test_a_benchmark_names_the_checksums_of_its_files(toy_file, toy):
    bench = weaknas.benchmark(str(toy_file))
    expected = {"toy.parquet": hashlib.sha256(toy_file.read_bytes()).hexdigest()}
    assert bench.checksums == Noisy(bench, 0.1).checksums == expected
    assert toy.checksums == {}


@pytest.mark.data
@pytest.mark.parametrize("validation", ["emulated", "measured"])
def test_so_does_a_benchmark_made_of_a_table(nasbench101_file, validation):
    bench = weaknas.benchmark("nasbench101", validation=validation)
    assert bench.checksums == {nasbench101_file.name: hashlib.sha256(nasbench101_file.read_bytes()).hexdigest()}
