"""A file under the name of a published benchmark is that one, or is refused."""

import shutil

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidTable, NotFound
from weaknas.spaces import NasBench201
from weaknas.table_file import TableFile, write_table
from weaknas_benchmarks import store
from weaknas_benchmarks.published import published_table, published_tables

SPACE = NasBench201()
CARD = {"benchmark": "nasbench201", "dataset": "cifar100", "space": "nasbench201"}
FILE = "nasbench201-cifar100.parquet"


def columns(best=73.493, row=9930, rows=15_625):
    """A made-up table whose best row and best accuracy are the published ones."""
    batch = SPACE.enumerate()[:rows]
    values = np.full(len(batch), 60.0)
    values[row % rows] = best
    return {"arch": SPACE.to_str(batch), "valid_acc": values, "params": SPACE.cost(batch).params}


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("WEAKNAS_DATA", str(tmp_path))
    monkeypatch.setattr(store, "user_data_path", lambda name: tmp_path / "user")
    return tmp_path


def test_every_published_table_says_what_its_card_must_say():
    for file, entry in published_tables().items():
        assert {"benchmark", "dataset"} <= entry.card.keys()
        assert published_table(entry.name) is published_table(file.removesuffix(".parquet")) is entry


def test_another_release_with_the_same_facts_is_the_benchmark(data, cli):
    write_table(data / FILE, columns(best=73.55), CARD)
    bench = weaknas.benchmark("nasbench201/cifar100")
    assert bench.note == ""
    assert (
        "the very file that the published facts were verified on  [no, another one]"
        in cli("data", "check", data / FILE)[1]
    )


@pytest.mark.parametrize(
    ("table", "card", "reason"),
    [
        (columns(), {**CARD, "space": {"a": ["1"]}}, "its card has another space"),
        (columns(), {**CARD, "dataset": "cifar10"}, "its card has another dataset"),
        (columns(), {"space": "nasbench201"}, "its card has another benchmark"),
        (columns(best=99), CARD, r"its best valid_acc is 99, and 73\.493 was published"),
        (columns(best=70), CARD, r"its best valid_acc is 70"),
        (columns(row=3), CARD, r"its valid_acc of row 9930, which is the best one, is 60"),
        (columns(best=99, rows=100), CARD, r"its best valid_acc is 99"),
    ],
)
def test_a_table_that_is_not_what_its_name_says_is_refused(data, cli, table, card, reason):
    path = write_table(data / FILE, table, card)
    for name in ("nasbench201/cifar100", str(path)):
        with pytest.raises(InvalidTable, match=rf"has the name of the published nasbench201/cifar100 .*{reason}"):
            weaknas.benchmark(name)
    assert "not the published table: " in cli("data", "info", path)[1]
    if isinstance(card["space"], str):
        code, out, _ = cli("data", "check", path)
        assert code == 1
        assert "FAILED  not the published table of its name" in out


def test_a_part_is_said_beside_every_number(data, cli):
    write_table(data / FILE, columns(rows=100), CARD)
    note = "a part of the published benchmark: 100 of 15,625 architectures"
    assert weaknas.benchmark("nasbench201/cifar100").note == note
    assert note in cli("search", "nasbench201/cifar100", "--strategy", "random", "--budget", 10)[1]


@pytest.mark.parametrize("name", ["digits", "nasbench101", "ofa/imagenet"])
def test_no_published_name_opens_a_table_of_ones_own(data, name):
    file = next(file for file, entry in published_tables().items() if entry.name == name)
    write_table(data / file, {"arch": ["1", "2"], "valid_acc": [50.0, 60.0]}, {"space": {"a": ["1", "2"]}})
    with pytest.raises(InvalidTable, match="and is not that: its card has another benchmark"):
        weaknas.benchmark(name)


def test_a_copy_under_a_name_that_looks_the_same_is_no_benchmark(data, cli):
    write_table(data / "Digits.parquet", {"arch": ["1", "2"], "valid_acc": [50.0, 60.0]}, {"space": {"a": ["1", "2"]}})
    write_table(data / "supernet.parquet", {"arch": ["1"], "valid_acc": [50.0]}, {"space": {"a": ["1"]}})
    with pytest.raises(NotFound, match="did you mean digits"):
        weaknas.benchmark("Digits")
    assert not {"Digits", "supernet"} & set(cli("list", "benchmarks")[1].splitlines()[:1])
    code, out, _ = cli("data", "check")
    assert code == 1
    assert "supernet would be taken for supernet" in out
    assert out.count("FAILED  not the published table") == 2


def test_digits_measured_anew_say_so(data):
    embedded = TableFile(store.data_directories()[-1] / "digits.parquet")
    names = [name for name in embedded.columns if name != "arch"]
    copied = {"arch": embedded.texts()} | {name: embedded.numbers(name) for name in names}
    write_table(data / "digits.parquet", copied, embedded.card)
    assert weaknas.benchmark("digits").note == "measured anew, not the published table"
    shutil.copy(embedded.path, data / "digits.parquet")
    assert weaknas.benchmark("digits").note == ""
