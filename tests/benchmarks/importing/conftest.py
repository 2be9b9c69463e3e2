"""The official files of NATS-Bench, where they lie beside the real tables."""

import os
from pathlib import Path

import pytest

import weaknas


@pytest.fixture(scope="session")
def official() -> Path:
    """The folder of the official files: `../official` of a directory in WEAKNAS_DATA."""
    for directory in filter(None, os.environ.get("WEAKNAS_DATA", "").split(os.pathsep)):
        folder = Path(directory).parent / "official"
        if folder.is_dir():
            return folder
    pytest.skip("needs the official files of NATS-Bench in the folder `official` beside a directory of WEAKNAS_DATA")


@pytest.fixture
def imported(cli, tmp_path, monkeypatch):
    """Import an official file or folder and open a benchmark over a table of it."""

    def imported(source, *options):
        out = tmp_path / "imported"
        code, _, err = cli("data", "import", source, "--out", out, *options)
        assert code == 0, err
        monkeypatch.setenv("WEAKNAS_DATA", str(out))
        return weaknas.benchmark

    return imported


@pytest.fixture
def refusal(cli, tmp_path):
    """Import what is refused, and return the one sentence; nothing is written."""

    def refusal(source, *options):
        out = tmp_path / "refused"
        code, printed, err = cli("data", "import", source, "--out", out, *options)
        assert (code, printed) == (2, "")
        assert not out.exists() or not list(out.iterdir())
        assert err.splitlines()[-1].startswith("weaknas: ")
        return err

    return refusal
