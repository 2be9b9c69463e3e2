"""A space and images that train in no time, and what else the tests of commands share."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from weaknas.supernet.run import TrainingRun

SPACE = """
name = "tiny"
classes = 4
resolution = [8, 12]
[stem]
width = 8
stride = 1
[[stage]]
width = [8, 16]
depth = [1, 2]
[head]
width = 16
"""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(SPACE)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "noise.npz"
    np.savez(path, x=rng.integers(0, 256, (50, 12, 12, 3)).astype(np.uint8), y=np.arange(50) % 4)
    return path


@pytest.fixture
def found_folder(run_folder: Path, tmp_path: Path) -> Path:
    """The run of a tiny space, as one that found an architecture."""
    folder = tmp_path / "found"
    shutil.copytree(run_folder, folder)
    replace(TrainingRun.load(folder), found=("r12;w8;d1;k3,3,3;e2,1,2",)).save(folder)
    return folder
