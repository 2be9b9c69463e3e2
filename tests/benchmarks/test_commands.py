import pyarrow as pa
import pytest

from weaknas.table_file import TableFile, write_table
from weaknas_benchmarks import store


@pytest.fixture(autouse=True)
def only_the_toy(toy_file, monkeypatch):
    monkeypatch.setenv("WEAKNAS_DATA", str(toy_file.parent))
    monkeypatch.setattr(store, "user_data_path", lambda name: toy_file.parent / "user")


def test_piped_list_is_one_bare_name_on_a_line(cli):
    code, out, _ = cli("data", "list")
    assert code == 0
    assert "toy" in out.splitlines()


def test_list_on_a_terminal_is_a_table(cli, toy_file, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    _, out, _ = cli("data", "list")
    assert "15,625" in out
    (toy_file.parent / "broken.parquet").write_bytes(b"PAR1")
    assert "damaged" in cli("data", "list")[1]
    assert "architectures" in out


@pytest.mark.parametrize("name", ["toy", "toy.parquet"])
def test_info_prints_card_columns_and_checksum(cli, toy_file, name):
    code, out, _ = cli("data", "info", name)
    assert code == 0
    assert f"file: {toy_file}" in out
    assert "sha256: " in out
    assert "space: nasbench201" in out
    assert "column valid_acc_run2: " in out
    assert "7,812 known" in out
    assert "rows with one known validation run only: 0" in out


def test_columns_of_nothing_or_of_text_are_shown_as_they_are(cli, toy_file):
    nothing = pa.array([None, None], pa.float32())
    columns = {"arch": ["1", "2"], "valid_acc": [1.0, 2.0], "none": [None, None], "missing": nothing}
    columns |= {"note": ["a", "b"], "done": [True, None], "lists": [[1], [2]], "valid_acc_run0": ["a", "b"]}
    path = write_table(toy_file.parent / "own.parquet", columns, {"space": {"a": ["1", "2"]}, "about": "x\x1b" * 2000})
    code, out, _ = cli("data", "info", path)
    assert code == 0
    for line in ("none: none known", "missing: none known", "note: no numbers", "lists: no numbers"):
        assert f"column {line}\n" in out
    assert "column done: 1 to 1, 1 known" in out
    assert "\x1b" not in out
    assert len(out) < 3000
    code, out, _ = cli("data", "check", path)
    assert code == 1
    assert "FAILED  valid_acc_run0 in percent" in out
    assert cli("search", path, "--strategy", "random", "--budget", 2)[0] == 0


def test_check_passes_a_sound_table_and_fails_an_unsound_one(cli, toy_file, monkeypatch):
    code, out, _ = cli("data", "check", "toy")
    assert code == 0
    assert "ok  every architecture is one of nasbench201, none twice  [15,625]" in out
    original = TableFile.numbers
    monkeypatch.setattr(TableFile, "numbers", lambda self, column: original(self, column) + 100)
    code, out, _ = cli("data", "check", toy_file)
    assert code == 1
    assert "FAILED  valid_acc in percent" in out


def test_path_names_the_file_or_the_directories(cli, toy_file):
    assert cli("data", "path", "toy")[1] == f"{toy_file}\n"
    directories = cli("data", "path")[1].splitlines()
    assert directories[:2] == [str(toy_file.parent), str(toy_file.parent / "user")]


@pytest.mark.parametrize("command", ["info", "path", "check"])
def test_a_table_that_is_not_there_is_one_sentence(cli, command):
    code, out, err = cli("data", command, "nasbench101")
    assert code == 2
    assert out == ""
    assert err.startswith("weaknas: the table nasbench101-cifar10.parquet is not on this machine")
    assert err.count("\n") == 1


def test_the_checks_of_other_tables_go_on_after_a_damaged_one(cli, toy_file):
    (toy_file.parent / "broken.parquet").write_bytes(b"PAR1")
    write_table(
        toy_file.parent / "mine.parquet", {"arch": ["1", "2"], "valid_acc": [50.0, 60.0]}, {"space": {"a": ["1", "2"]}}
    )
    code, out, _ = cli("data", "check")
    assert code == 1
    assert "FAILED  the table" in out
    assert f"{toy_file.parent / 'mine.parquet'}\n  ok  every architecture is one of choices" in out


def test_a_benchmark_that_a_model_predicts_has_information_and_no_table(cli, toy_file):
    (toy_file.parent / "nb301_surrogate.onnx").write_bytes(b"another model")
    code, out, _ = cli("data", "info", "nasbench301")
    assert code == 0
    for line in ("sha256: is not that of the published model", "licence: Apache-2.0", "optimum: not known"):
        assert line in out
    for command in ("check", "path"):
        code, _, err = cli("data", command, "nasbench301")
        assert code == 2
        assert "is predicted by nb301_surrogate.onnx, and has no table" in err
