"""What the tests of commands share."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from weaknas.supernet.run import TrainingRun


@pytest.fixture
def found_folder(run_folder: Path, tmp_path: Path) -> Path:
    """The run of a tiny space, as one that found an architecture."""
    folder = tmp_path / "found"
    shutil.copytree(run_folder, folder)
    replace(TrainingRun.load(folder), found=("r12;w8;d1;k3,3,3;e2,1,2",)).save(folder)
    return folder
