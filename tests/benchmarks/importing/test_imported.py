import numpy as np
import pytest

from weaknas.errors import InvalidArchitecture, InvalidOption, InvalidTable, WeaknasError
from weaknas.spaces import NasBench201
from weaknas_benchmarks import store
from weaknas_benchmarks.importing.imported import Imported, folder, targets

SPACE = NasBench201()
TEXTS = SPACE.to_str(SPACE.enumerate())


def made_up(best, texts=TEXTS):
    values = np.linspace(10, best, len(texts))
    columns = {"arch": texts, "valid_acc": values, "test_acc": values - best + 73.513}
    return Imported("cifar100", columns, {"source": "file.pth"}, 15_625)


def test_a_complete_table_has_the_published_optimum():
    made_up(73.493).check(SPACE)
    made_up(73.55).check(SPACE)
    with pytest.raises(InvalidTable, match=r"best valid_acc on cifar100 is 74\.000, and 73\.493 was published"):
        made_up(74).check(SPACE)
    with pytest.raises(InvalidTable, match="best valid_acc on cifar100 is nan"):
        made_up(np.nan).check(SPACE)
    made_up(74, TEXTS[:-1]).check(SPACE)


def test_an_architecture_twice_is_refused():
    with pytest.raises(InvalidArchitecture, match="twice"):
        made_up(50, TEXTS[:5] + TEXTS[:1]).check(SPACE)


def test_tables_go_to_the_first_directory_that_can_be_written_to(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(store, "data_directories", lambda: [tmp_path / "file", tmp_path / "new", tmp_path])
    assert folder(None) == tmp_path / "new"
    assert (tmp_path / "new").is_dir()
    assert folder(tmp_path) == tmp_path
    with pytest.raises(WeaknasError, match=r"no table can be written to .*file; name a folder of yours with --out"):
        folder(tmp_path / "file")


def test_a_table_that_is_there_is_replaced_only_by_force(tmp_path):
    (tmp_path / "mine-b.parquet").touch()
    with pytest.raises(InvalidOption, match=r"mine-b\.parquet is there already; replace it with --force"):
        targets("mine", ("a", "b"), tmp_path, force=False)
    assert targets("mine", ("a", "b"), tmp_path, force=True)["a"] == tmp_path / "mine-a.parquet"


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden"])
def test_a_name_that_is_no_part_of_a_file_name_is_refused(tmp_path, name):
    with pytest.raises(InvalidOption, match="cannot be part of a file name"):
        targets(name, ("a",), tmp_path, force=False)
