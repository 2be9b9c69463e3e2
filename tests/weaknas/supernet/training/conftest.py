"""A tiny run to train."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from weaknas.spaces import UserMobile
from weaknas.supernet.run import TrainingRun
from weaknas.supernet.schemes import make_scheme
from weaknas.supernet.training.optimisation import make_optimisation

TINY = {
    "name": "tiny",
    "classes": 4,
    "resolution": [8, 12],
    "stem": {"width": 8, "stride": 1},
    "stage": [{"width": [8, 16], "depth": [1, 2], "kernel": [3, 5], "expansion": [1, 2], "stride": 2}],
    "head": {"width": 16},
}


@pytest.fixture(scope="session")
def few_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 images to train on and 4 for validation, of noise."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("few") / "few.npz"
    images = rng.integers(0, 256, (64, 12, 12, 3)).astype(np.uint8)
    labels = np.arange(64) % 4
    np.savez(path, x_train=images[:60], y_train=labels[:60], x_test=images[60:], y_test=labels[60:])
    return path


@pytest.fixture
def make_run(few_images: Path) -> Callable[..., TrainingRun]:
    """Describe a run of 25 steps on 48 images, 6 batches an epoch."""

    def make(
        scheme: str = "spos", options: dict[str, Any] | None = None, steps: int = 25, **training: Any
    ) -> TrainingRun:
        made = make_scheme(scheme, options or {})
        return TrainingRun(
            space=UserMobile(TINY).recipe,
            scheme=scheme,
            options=vars(made).copy(),
            optimisation=vars(make_optimisation(made, training)).copy(),
            data=str(few_images),
            held_out=12,
            split_seed=0,
            image_size=12,
            batch=8,
            steps=steps,
            seed=0,
        )

    return make


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
