"""The folders that a board is made of."""

import json
import shutil
from pathlib import Path

import pytest

from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.study.manifest import MANIFEST


@pytest.fixture
def again(studies, tmp_path):
    """A copy of the first study under another name, and a way to change its manifest."""
    folder = shutil.copytree(studies[0], tmp_path / "again")

    def change(**changes: object) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        for card in manifest["benchmarks"].values():
            card.update(changes)
        (folder / MANIFEST).write_text(json.dumps(manifest | {"study": "again"}))

    change()
    return folder, change


def test_a_study_is_found_from_within(again, monkeypatch):
    (again[0] / "report").mkdir()
    monkeypatch.chdir(again[0] / "report")
    assert len(contents([Path("..")])["studies"]) == 1


def test_folders_are_looked_through(cli, studies, tmp_path, board):
    out = tmp_path / "page.html"
    shutil.copytree(board, tmp_path / "board")
    shutil.copytree(board / "first", tmp_path / "board" / ".first.part")
    assert cli("leaderboard", "build", tmp_path / "board", "--out", out)[0] == 0
    assert len(contents([tmp_path / "board"])["studies"]) == 2
    for folder, message in ((tmp_path / "gone", "there is no folder"), (tmp_path, "holds no study")):
        code, _, err = cli("leaderboard", "build", folder, "--out", out)
        assert code == 2
        assert message in err
        assert err.count("\n") == 1
