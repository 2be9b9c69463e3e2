import hashlib
import os

import pytest

import weaknas
from weaknas.errors import InvalidTable, NotFound
from weaknas_benchmarks import store
from weaknas_benchmarks.published import published_tables
from weaknas_benchmarks.wrappers import Noisy


def test_a_published_table_that_nobody_here_wrote_has_the_published_checksum(tmp_path, write_unsealed):
    with pytest.raises(InvalidTable, match="its checksum is not that of"):
        store.table_at(write_unsealed(tmp_path / "nasbench201-cifar10.parquet"))


def test_a_benchmark_that_only_importers_make_has_no_published_checksum(tmp_path, write_unsealed):
    assert published_tables()["nats-size-cifar10.parquet"].sha256 is None
    assert store.table_at(write_unsealed(tmp_path / "nats-size-cifar10.parquet")).rows == 4


def test_directories_are_searched_in_order(tmp_path, monkeypatch, write_unsealed):
    first, second = tmp_path / "first", tmp_path / "second"
    for directory in (first, second):
        directory.mkdir()
    write_unsealed(second / "mine.parquet")
    monkeypatch.setenv("WEAKNAS_DATA", os.pathsep.join([str(first), str(second)]))
    assert store.find("mine.parquet") == second / "mine.parquet"
    write_unsealed(first / "mine.parquet")
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
