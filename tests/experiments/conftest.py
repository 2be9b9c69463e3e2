"""A small study over the made-up table, and ways to run it."""

from pathlib import Path
from typing import Any

import pytest

from weaknas_experiments.report import section
from weaknas_experiments.study.folder import RESULTS
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

STUDY = """
name = "small"
budget = 40
seeds = 3
protocols = ["honest", "paper"]

[[benchmarks]]
name = "TABLE"
label = "toy"

[[strategies]]
name = "random"

[[strategies]]
name = "weaknas"
predictor = "ridge"
"""


@pytest.fixture
def drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay out the figures of reports, which finds what cannot be drawn, and write no files of them."""

    def save(drawn: Any, path: Path) -> None:
        if path.suffix == ".png":
            drawn.draw_without_rendering()

    monkeypatch.setattr(section, "save", save)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make reports without their figures."""
    monkeypatch.setattr(section, "save", lambda drawn, path: None)


@pytest.fixture
def study_file(tmp_path: Path, toy_file: Path):
    """Write the small study with some of its text replaced: `study_file(("seeds = 3", "seeds = 5"))`."""

    def write(*changes: tuple[str, str], name: str = "small.toml") -> Path:
        text = STUDY.replace("TABLE", str(toy_file))
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def results_of(study_file, tmp_path: Path):
    """Run the small study, changed, in a folder, and return the bytes of its results."""

    def run(folder: str, *changes: tuple[str, str], jobs: int = 1) -> bytes:
        run_study(plan(load_study(study_file(*changes))), tmp_path / folder, jobs)
        return (tmp_path / folder / RESULTS).read_bytes()

    return run
