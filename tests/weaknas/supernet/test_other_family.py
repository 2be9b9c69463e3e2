"""A family of cells in a plain file goes through everything that the mobile one does: nothing knows a family."""

from pathlib import Path

import numpy as np
import pytest
import torch

import weaknas
from weaknas.supernet import load, make_supernet, save
from weaknas.supernet.data import open_images
from weaknas.supernet.evaluators import RecalibratedAccuracy, Settings
from weaknas.supernet.run import TrainingRun
from weaknas.supernet.training import train
from weaknas.testing import SpaceContract, SupernetContract

CELLS = f"{Path(__file__).parents[3] / 'docs/examples/cells.py'}:Cells"


def cells(**options):
    return weaknas.space(CELLS, channels=4, classes=4, side=12, **options)


class TestSpace(SpaceContract):
    @pytest.fixture
    def space(self):
        return cells()


class TestSupernet(SupernetContract):
    @pytest.fixture
    def supernet(self):
        return make_supernet(cells())


def test_counted_parameters_are_the_analytic_ones():
    space = cells()
    supernet = make_supernet(space)
    for row in space.sample(5, np.random.default_rng(0)):
        assert sum(value.numel() for value in supernet.subnet(row).parameters()) == supernet.active_params(row)


def test_a_file_of_weights_is_read_once_the_user_has_opened_the_space(tmp_path):
    supernet = make_supernet(cells())
    save(supernet, tmp_path / "cells.safetensors")
    read = load(tmp_path / "cells.safetensors").net
    assert all(torch.equal(value, supernet.state_dict()[name]) for name, value in read.state_dict().items())


def test_its_run_is_scored_by_whoever_names_its_file(cli, images_file, tmp_path, monkeypatch):
    images = ("--option", "space.channels=4", "--option", "space.classes=4", "--option", "space.side=12")
    run = tmp_path / "run"
    command = ("supernet", "train", CELLS, images_file, "--scheme", "spos", "--out", run, "--steps", 2, "--batch", 50)
    assert cli(*command, *images)[0] == 0
    monkeypatch.setattr("weaknas.doors._OPENED", {})  # as in another process
    score = ("supernet", "evaluate", run, "--arch", "|".join(["conv1x1"] * 6), "--bn-images", 50)
    code, _, err = cli(*score)
    assert (code, err.count("\n")) == (2, 1)
    assert "there is no space named 'cells'" in err
    code, out, _ = cli(*score, "--space", CELLS)
    assert (code, "top-1" in out) == (0, True)
    options = {"space": CELLS, "bn_images": 50}
    assert weaknas.benchmark(f"supernet:{run}", **options).space.name == "cells"


@pytest.mark.parametrize(
    ("scheme", "options"),
    [
        ("spos", {}),
        ("pi-nas", {"queue": 60, "dim": 8, "hidden": 16}),
        ("bignas", {"between": 1}),
        ("attentivenas", {"between": 1, "candidates": 2}),
        ("parsec", {"samples": 3, "frozen": 0.0, "constraint": "macs <= 200e3"}),
        ("fp-nas", {"samples": 3, "frozen": 0.0, "constraint": "params <= 3e3"}),
        ("dmasking", {"frozen": 0.0, "constraint": "macs <= 200e3"}),
        ("darts", {"constraint": "macs <= 200e3"}),
        ("entrannas", {"constraint": "macs <= 200e3"}),
        ("entrannas", {"sparsify": False, "engine": "first"}),
        ("sparse", {"frozen": 0.0}),
        ("single", {"arch": "conv3x3|skip|conv1x1|conv1x1|none|skip"}),
    ],
)
def test_schemes_train_it_and_evaluators_score_it(scheme, options, images_file, tmp_path):
    space = cells()
    shape = {"held_out": 0.25, "split_seed": 0, "image_size": 12, "batch": 50, "steps": 2, "seed": 0}
    run = TrainingRun(space.recipe, scheme, options, {}, str(images_file), **shape)
    train(run, tmp_path / "run", device="cpu")
    assert train(run, tmp_path / "run", device="cpu").done == 2
    settings = Settings(device="cpu", cache=tmp_path / "scores.sqlite")
    supernet = load(tmp_path / "run" / "supernet.safetensors").net
    evaluator = RecalibratedAccuracy(supernet, open_images(images_file, held_out=0.25), settings)
    assert 0 <= evaluator.score(space.sample(1, np.random.default_rng(0))).top1 <= 100
