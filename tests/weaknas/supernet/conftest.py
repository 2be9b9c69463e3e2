"""What the tests of supernets share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from weaknas.spaces import PiNas, UserMobile
from weaknas.supernet import Path as Selected
from weaknas.supernet import make_supernet, save
from weaknas.supernet.data import batches, normalise, open_images
from weaknas.supernet.run import WEIGHTS, TrainingRun
from weaknas.testing.supernets import randomise as carrying_signal

SMALL = {
    "name": "small",
    "classes": 10,
    "resolution": [12, 15],
    "stem": {"width": [8, 16], "stride": 1},
    "stage": [
        {"width": [8, 16], "depth": [1, 2], "kernel": [3, 5, 7], "expansion": [1, 3], "squeeze": True},
        {"width": [16, 24], "depth": [1, 2], "kernel": [3, 5, 7], "stride": 2, "transform": True, "act": "hswish"},
        {"width": [16, 24], "depth": 2, "expansion": [2, 4], "alike": True, "stride": 2, "shortcut": "projection"},
        {"width": 24, "depth": 3, "candidates": ["k3e3", "k5e2", "skip"], "shortcut": "none", "squeeze": True},
        {"width": [16, 24], "depth": 2, "candidates": ["k3e2", "k3e3"], "act": "relu6"},
    ],
    "head": {"width": 32, "mix": [24, 40], "act": "swish"},
}


@pytest.fixture(scope="session")
def small() -> UserMobile:
    """A tiny space in which everything that can be chosen is."""
    return UserMobile(SMALL)


SPLITS = {
    "name": "splits",
    "classes": 4,
    "resolution": [8, 12],
    "stem": {"width": 8, "stride": 1},
    "stage": [
        {
            "width": [8, 16],
            "depth": [1, 2],
            "kernel": [3, 5],
            "expansion": [2, 4],
            "act": ["relu", "hswish"],
            "splits": [0, 1, 2, 4],
            "stride": 2,
        },
        {"width": 16, "depth": 2, "expansion": [2, 3], "alike": True, "act": ["relu", "swish"], "splits": [1, 2]},
        {"width": 16, "depth": 2, "candidates": ["k3e2", "k5e3", "skip"], "splits": 2, "stride": 2},
    ],
    "head": {"width": 24},
}


@pytest.fixture(scope="session")
def splits() -> UserMobile:
    """A tiny space of blocks whose activation and attention are chosen."""
    return UserMobile(SPLITS)


@pytest.fixture(scope="session")
def resnest() -> PiNas:
    """A tiny space of bottlenecks, with every kind of shortcut and all pooling."""
    return PiNas(20, 4, width=4, blocks=(1, 2))


@pytest.fixture(scope="session")
def randomise() -> Callable[[Any], Any]:
    """Give a network weights and statistics under which no mistake goes unseen: all parts carry signal."""
    return carrying_signal


@pytest.fixture(scope="session")
def images() -> Callable[..., Any]:
    """Draw `(n, 3, side, side)` images."""
    return lambda n, side, seed=0: torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


TINY = {
    "name": "tiny",
    "classes": 4,
    "resolution": [8, 12],
    "stem": {"width": 8, "stride": 1},
    "stage": [
        {"width": [8, 16], "depth": [1, 2], "kernel": [3, 5], "expansion": [1, 2], "stride": 2},
        {"width": 16, "depth": 1, "kernel": [3, 5], "expansion": [1, 2], "stride": 2},
    ],
    "head": {"width": 24},
}


@pytest.fixture(scope="session")
def images_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of four patterns in noise."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(60, 196, (4, 12, 12, 3))

    def draw(n: int) -> tuple[Any, Any]:
        labels = rng.integers(0, 4, n)
        return np.clip(patterns[labels] + rng.normal(0, 60, (n, 12, 12, 3)), 0, 255).astype(np.uint8), labels

    (x_train, y_train), (x_test, y_test) = draw(400), draw(100)
    path = tmp_path_factory.mktemp("images") / "patterns.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture(scope="session")
def run_folder(images_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a tiny space that has learned the patterns, its batch-norm statistics never updated."""
    torch.manual_seed(0)
    space, data, rng = UserMobile(TINY), open_images(images_file, held_out=0.25), np.random.default_rng(0)
    supernet = make_supernet(space, bn_momentum=0.0).train()
    optimizer = torch.optim.SGD(supernet.parameters(), 0.1, momentum=0.9)
    for epoch in range(16):
        for images, labels in batches(data.train, 50, seed=0, epoch=epoch):
            optimizer.zero_grad()
            logits = supernet(normalise(images, data), Selected(space.sample(1, rng)))
            torch.nn.functional.cross_entropy(logits, labels).backward()
            optimizer.step()
    folder = tmp_path_factory.mktemp("runs") / "run"
    folder.mkdir()
    save(supernet, folder / WEIGHTS)
    recipe = {"scheme": "spos", "options": {}, "optimisation": {}, "batch": 50, "steps": 96, "seed": 0}
    TrainingRun(space.recipe, data=str(images_file), held_out=0.25, split_seed=0, image_size=12, **recipe).save(folder)
    return folder


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., Path]:
    """Write a table of some architectures of a space; their accuracies are noise unless given."""

    def write(space: UserMobile, rows: Any, accuracy: Any = None) -> Path:
        rows = rows[np.unique(space.key(rows), return_index=True)[1]] if accuracy is None else rows
        accuracy = np.random.default_rng(0).uniform(50, 90, len(rows)) if accuracy is None else accuracy
        columns = pa.table({"arch": space.to_str(rows), "valid_acc": np.float32(accuracy)})
        card = {"format": 1, "rows": len(rows), "benchmark": "measured", "dataset": "none", "space": space.recipe}
        path = tmp_path / "measured.parquet"
        pq.write_table(columns.replace_schema_metadata({"weaknas": json.dumps(card)}), path)
        return path

    return write


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "weaknas"
