"""A trained supernet, and images to read it with."""

import numpy as np
import pytest

from weaknas.supernet import load
from weaknas.supernet.data import open_images
from weaknas.supernet.evaluators import Settings


@pytest.fixture
def data(images_file):
    return open_images(images_file, held_out=0.25)


@pytest.fixture
def settings(tmp_path):
    return Settings(image_size=12, device="cpu", cache=tmp_path / "scores.sqlite")


@pytest.fixture
def supernet(run_folder):
    return load(run_folder / "supernet.safetensors").net


@pytest.fixture
def rows(supernet):
    return supernet.space.sample(3, np.random.default_rng(1))
