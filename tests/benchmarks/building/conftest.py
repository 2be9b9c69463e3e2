"""A build small enough for tests: 96 tiny images, two epochs."""

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from weaknas_benchmarks.building import shards
from weaknas_benchmarks.building.build_spec import BuildSpec
from weaknas_benchmarks.building.recipe import Recipe

TINY = Recipe(epochs=2, fidelities=(1,), copies=2, early_copies=1)


@pytest.fixture(autouse=True)
def one_thread():
    """Threads that wait for each other on a busy machine take many times as long."""
    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "user_data_path", lambda name: tmp_path / "user")


@pytest.fixture
def image_file(tmp_path) -> Path:
    """Bright bars, whose place is the label."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 32)
    x = rng.random((len(y), 4, 4)) * 50
    x[np.arange(len(y)), y] += 200
    np.savez(tmp_path / "bars.npz", x=x.astype(np.uint8), y=y)
    return tmp_path / "bars.npz"


@pytest.fixture
def tiny(image_file) -> BuildSpec:
    return BuildSpec("bars", image_file, limit=2, recipe=TINY)
