import sys

import pytest

import weaknas


def test_what_is_not_there_or_not_known_is_refused(refusal, tmp_path):
    assert "there is no file or folder" in refusal(tmp_path / "none.tfrecord")
    (tmp_path / "table.zip").touch()
    error = refusal(tmp_path / "table.zip")
    assert "is none of the official files that can be imported: a .tfrecord of NAS-Bench-101" in error
    assert error.count("\n") == 1


def test_a_pth_file_without_torch_says_how_to_get_it(refusal, tmp_path, monkeypatch):
    (tmp_path / "NAS-Bench-201-v1_1-096897.pth").touch()
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "needs torch; install it with: pip install 'weaknas[torch]'" in refusal(
        tmp_path / "NAS-Bench-201-v1_1-096897.pth"
    )


@pytest.mark.data
def test_a_table_of_another_name_is_a_benchmark(cli, official, tmp_path):
    source = official / "NATS-sss-v1_0-50262-simple"
    code, out, err = cli("data", "import", source, "--as", "mine", "--out", tmp_path)
    assert (code, err) == (0, "")
    path = tmp_path / "mine-cifar10.parquet"
    assert out.splitlines()[0] == f"{path}: 3 of 32,768 architectures"
    assert weaknas.benchmark(str(path)).space.size == 3
    before = path.read_bytes()
    code, out, err = cli("data", "import", source, "--as", "mine", "--out", tmp_path)
    assert (code, out) == (2, "")
    assert "are there already; replace them with --force" in err
    assert cli("data", "import", source, "--as", "mine", "--out", tmp_path, "--force")[0] == 0
    assert path.read_bytes() == before
