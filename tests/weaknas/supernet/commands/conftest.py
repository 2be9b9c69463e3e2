"""A space and images that train in no time."""

import numpy as np
import pytest

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
def space(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(SPACE)
    return path


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "noise.npz"
    np.savez(path, x=rng.integers(0, 256, (50, 12, 12, 3)).astype(np.uint8), y=np.arange(50) % 4)
    return path
