import numpy as np
import pytest

import weaknas
from weaknas.table_file import write_table
from weaknas_benchmarks import store
from weaknas_benchmarks.building import build_spec, command

pytest.importorskip("torch")

from weaknas.proxies import PROXIES


@pytest.fixture(autouse=True)
def one_architecture_a_shard(monkeypatch):
    monkeypatch.setattr(build_spec, "SHARD", 1)


@pytest.fixture
def small_specs(tmp_path, monkeypatch, tiny):
    monkeypatch.setattr(store, "user_data_path", lambda name: tmp_path)
    monkeypatch.setattr(
        command, "BuildSpec", lambda *arguments, **named: build_spec.BuildSpec(*arguments, tiny.recipe, **named)
    )


@pytest.mark.usefixtures("small_specs")
def test_the_command_builds_and_checks(cli, image_file, tmp_path):
    arguments = ("data", "build", "digits", "--images", image_file, "--as", "mine", "--limit", 1)
    code, out, err = cli(*arguments)
    assert (code, out) == (0, f"{tmp_path / 'mine.parquet'}\n")
    assert err.splitlines() == ["0 of 1 architectures", "1 of 1 architectures"]
    assert cli(*arguments)[2].splitlines() == ["1 of 1 architectures"]
    assert cli(*arguments, "--fresh")[2].splitlines()[0] == "0 of 1 architectures"
    code, out, _ = cli("data", "check", tmp_path / "mine.parquet")
    assert code == 0
    assert "parameters reproduced for every row" in out
    code, out, _ = cli(*arguments, "--out", tmp_path / "a new" / "folder")
    assert (code, out) == (0, f"{tmp_path / 'a new' / 'folder' / 'mine.parquet'}\n")


@pytest.mark.usefixtures("small_specs")
def test_indicators_are_columns_of_the_table(cli, image_file, tmp_path):
    arguments = ("data", "build", "digits", "--images", image_file, "--as", "mine", "--limit", 1)
    named = [word for name in PROXIES for word in ("--indicator", name)]
    assert cli(*arguments, *named)[0] == 0
    table = weaknas.benchmark(str(tmp_path / "mine.parquet"))
    rows = table.space.enumerate()
    assert all(np.isfinite(table.space.free_to_know(f"zc_{name.replace('-', '_')}", rows)).all() for name in PROXIES)
    assert cli("data", "check", tmp_path / "mine.parquet")[0] == 0
    assert "|".join(PROXIES) == command._INDICATORS


@pytest.mark.usefixtures("small_specs")
def test_a_build_replaces_no_table_of_another_kind(cli, image_file, tmp_path):
    path = write_table(tmp_path / "mine.parquet", {"arch": ["1"], "valid_acc": [50.0]}, {"space": {"a": ["1"]}})
    before = path.read_bytes()
    code, _, err = cli("data", "build", "digits", "--images", image_file, "--as", "mine", "--limit", 1)
    assert code == 2
    assert "mine.parquet is there already and was not built" in err
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cifar10"], "weaknas cannot build 'cifar10'"),
        (["digits", "--limit", "5"], "name it otherwise with --as"),
        (["digits", "--images", "x.npz", "--as", "digits"], "name it otherwise with --as"),
        (["digits", "--images", "x.npz", "--as", "x"], "there is no file x.npz"),
        (["digits", "--as", "../x"], "is no name for a table"),
        (["digits", "--as", "x" * 250], "is too long for the name of a table"),
        (["digits", "--as", "NASBench201_CIFAR10"], "would be taken for the benchmark nasbench201/cifar10"),
        (["digits", "--seeds", "3,4,5"], "name it otherwise with --as"),
        (["digits", "--seeds", "9" * 5000], "is not a list"),
        (["digits", "--seeds", "0,,1"], "--seeds '0,,1' is not a list"),
        (["digits", "--seeds", "1,1"], "--seeds '1,1' is not a list"),
        (["digits", "--device", "abacus"], "the device 'abacus' cannot be used here"),
        (["digits", "--indicator", "snip"], "name it otherwise with --as"),
        (["digits", "--as", "mine", "--indicator", "snib"], "no indicator named 'snib'; did you mean snip?"),
    ],
)
@pytest.mark.usefixtures("small_specs")
def test_mistakes_are_one_sentence(cli, arguments, message):
    code, out, err = cli("data", "build", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
