import pytest

from weaknas.errors import InUse, InvalidOption, WeaknasError
from weaknas.files import locked
from weaknas.table_file import write_table
from weaknas_benchmarks import store
from weaknas_benchmarks.targets import check_name, claim, targets


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Published tables of many in a directory of WEAKNAS_DATA that can be written to; the user's own is elsewhere."""
    (tmp_path / "published").mkdir()
    monkeypatch.setenv("WEAKNAS_DATA", str(tmp_path / "published"))
    monkeypatch.setattr(store, "user_data_path", lambda name: tmp_path / "user")


def test_tables_go_to_the_users_own_directory_or_to_the_folder_named(tmp_path):
    assert targets("mine", ("",), None) == {"": tmp_path / "user" / "mine.parquet"}
    assert targets("mine", ("a",), tmp_path / "new" / "one") == {"a": tmp_path / "new" / "one" / "mine-a.parquet"}
    assert (tmp_path / "new" / "one").is_dir()


def test_a_directory_that_cannot_be_written_to_is_one_sentence_and_no_other_is_taken(tmp_path):
    (tmp_path / "user").write_text("in the way")
    with pytest.raises(
        WeaknasError, match=r"no table can be written to .*user \(it is no folder\); name a folder .*--out"
    ):
        targets("mine", ("",), None)


def test_a_table_that_is_there_is_replaced_only_by_force(tmp_path):
    (tmp_path / "mine-b.parquet").touch()
    with pytest.raises(InvalidOption, match=r"mine-b\.parquet is there already; replace it with --force"):
        targets("mine", ("a", "b"), tmp_path)
    assert targets("mine", ("a", "b"), tmp_path, force=True)["a"] == tmp_path / "mine-a.parquet"


def test_a_table_that_another_one_would_hide_is_refused(tmp_path):
    (tmp_path / "published" / "mine.parquet").touch()
    with pytest.raises(InvalidOption, match="would be found before one in"):
        targets("mine", ("",), None, force=True)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", ".hidden", "-x", " x", "x ", "x.", "a\nb", "a\x1b[31m", "a:b", "a*", "x.parquet", "x.py"],
)
def test_a_name_that_cannot_be_a_files_or_cannot_be_typed_is_refused(name):
    with pytest.raises(InvalidOption, match="is no name for a table"):
        check_name(name)


@pytest.mark.parametrize("name", ["x" * 250, "é" * 60])
def test_a_name_that_is_too_long_is_refused(name):
    with pytest.raises(InvalidOption, match="is too long for the name of a table"):
        check_name(name)


@pytest.mark.parametrize("name", ["mine", "my table (2)", "v1.2", "é"])
def test_other_names_are_fine(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "digits",
        "Digits",
        "\N{FULLWIDTH LATIN SMALL LETTER D}igits",
        "digits-train",
        "nasbench101",
        "nasbench101-cifar10",
        "nasbench201",
        "NASBench201_CIFAR10",
        "ofa",
        "ofa-mbv3-w1.0-imagenet",
        "supernet",
    ],
)
def test_the_name_of_a_published_or_registered_benchmark_is_refused_even_by_force(tmp_path, name):
    with pytest.raises(InvalidOption, match="would be taken for the benchmark"):
        targets(name, ("",), tmp_path, force=True)


def test_so_is_a_name_whose_tables_would_have_one(tmp_path):
    with pytest.raises(InvalidOption, match="would be taken for the benchmark nasbench201"):
        targets("nasbench201", ("cifar10",), tmp_path, published="nats-size")
    with pytest.raises(InvalidOption, match="would be taken for the benchmark nats-size"):
        targets("natssize", ("cifar10",), tmp_path, published="nasbench201")
    assert targets("nats-size", ("cifar10",), tmp_path, published="nats-size")


def test_of_those_who_write_one_name_at_once_one_succeeds(tmp_path):
    path = tmp_path / "mine.parquet"
    with (
        locked(path, "wait", file=True),
        pytest.raises(InUse, match=r"another process is working on .*choose another name"),
    ):
        claim([path]).__enter__()
    with claim([path]):
        write_table(path, {"arch": ["1"], "valid_acc": [50.0]}, {"space": {"a": ["1"]}})
    with pytest.raises(InvalidOption, match="is there by now"):
        claim([path]).__enter__()
    with claim([path], force=True):
        pass
