"""`weaknas supernet train`."""

import importlib
import io
import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from rich.console import Console
from safetensors.torch import load_file

from weaknas.supernet.run import METRICS, WEIGHTS, TrainingRun


@pytest.fixture
def train(cli, space, data, tmp_path):
    def run(*options, space=space, data=data, out="run", scheme="spos", device="cpu"):
        where = ("--scheme", scheme, "--out", tmp_path / out, "--device", device, "--option", "training.augment=none")
        return cli("supernet", "train", space, data, *where, *options)

    return run


def test_a_run_is_trained_once(train, tmp_path):
    assert train("--steps", 3, "--batch", 8) == (0, f"{tmp_path / 'run'}: tiny, spos, 3 steps\n", "")
    run = TrainingRun.load(tmp_path / "run")
    assert (run.done, run.steps, run.batch, run.image_size, run.seed) == (3, 3, 8, 12, 0)
    assert (run.held_out, run.split_seed, run.data) == (0.1, 0, str(tmp_path / "noise.npz"))
    written = (tmp_path / "run" / "run.json").stat().st_mtime_ns
    assert train("--steps", 3, "--batch", 8)[0] == 0
    assert (tmp_path / "run" / "run.json").stat().st_mtime_ns == written


def test_a_run_begins_with_the_weights_of_another(train, tmp_path):
    assert train("--steps", 2, "--batch", 8)[0] == 0
    still = ("--option", "training.learning_rate=0")
    assert train("--steps", 1, "--batch", 8, *still, "--weights", tmp_path / "run", out="next")[0] == 0
    first, second = (load_file(tmp_path / name / WEIGHTS) for name in ("run", "next"))
    assert all(torch.equal(first[name], second[name]) for name in first if name.endswith("weight"))
    code, _, err = train("--steps", 1, "--batch", 8, "--weights", tmp_path / "nowhere", out="none")
    assert (code, err.count("\n")) == (2, 1)


def test_a_user_s_scheme_goes_on_and_is_evaluated_without_its_file(train, cli, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from weaknas.supernet.schemes import Spos\n"
        "@dataclass\nclass Mine(Spos):\n"
        "    def attach(self, supernet): self.space = supernet.space\n"
        "    def derive(self): return self.space.enumerate()[:1]\n"
    )
    scheme = f"{file}:Mine"
    for steps in (3, 5):
        code, out, err = train("--steps", steps, "--batch", 8, scheme=scheme)
        assert (code, err) == (0, "")
        arch = out.splitlines()[1].removeprefix("  found ")
        assert out == f"{tmp_path / 'run'}: tiny, {scheme}, {steps} steps\n  found {arch}\n"
    assert TrainingRun.load(tmp_path / "run").found == [arch]
    file.unlink()
    code, out, _ = cli("supernet", "evaluate", tmp_path / "run", "--arch", arch, "--device", "cpu")
    assert (code, "%" in out) == (0, True)
    code, _, err = train("--steps", 9, "--batch", 8, scheme=scheme)
    assert (code, err.count("\n")) == (2, 1)
    assert "there is no file" in err


def test_options_reach_their_parts(train, tmp_path):
    options = [
        ("paths=2", "training.momentum=0.5", "data.held_out=10", "data.seed=3"),
        ("training.ema=0.9",),
    ]
    arguments = [argument for option in options[0] + options[1] for argument in ("--option", option)]
    code, _, err = train("--epochs", 0.5, "--batch", 8, "--resolution", 8, "--seed", 5, *arguments)
    assert (code, err) == (0, "")
    run = TrainingRun.load(tmp_path / "run")
    assert run.options == {"paths": 2}
    assert (run.optimisation["momentum"], run.optimisation["ema"], run.optimisation["augment"]) == (0.5, 0.9, "none")
    assert (run.held_out, run.split_seed, run.image_size, run.seed) == (10, 3, 8, 5)
    assert run.steps == 3  # half of the 5 batches of 40 images, rounded up


def test_a_teacher_is_named_from_where_the_command_is_given(train, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert train("--steps", 2, "--batch", 8)[0] == 0
    space = TrainingRun.load("run").make_space()
    arch = space.to_str(space.enumerate()[:1])[0]
    options = ("--option", f"arch={arch}", "--option", "teacher=run")
    assert train("--steps", 2, "--batch", 8, *options, scheme="single", out="taught")[::2] == (0, "")
    assert TrainingRun.load(tmp_path / "taught").options["teacher"] == str(tmp_path / "run")
    assert pd.read_parquet(tmp_path / "taught" / METRICS)["divergence"].gt(0).all()


def test_a_space_by_name_with_options(train, tmp_path):
    code, _, err = train(
        "--steps", 1, "--batch", 4, "--option", "space.classes=4", "--option", "space.resolutions=[32]",
        space="ofa-mbv3",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert TrainingRun.load(tmp_path / "run").space["resolutions"] == [32]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--steps", 3, "--epochs", 1), "--steps and --epochs both say how long to train; give one."),
        (("--steps", 0), "training needs at least one step; give more --steps or --epochs, or a smaller --batch."),
        (("--epochs", "nan"), "--epochs is a number of passes through the images, not nan."),
        (("--epochs", 1, "--batch", 100), "training needs at least one step"),
        (("--steps", 1, "--batch", 100), "a batch of 100 does not go into 45 images and 1 processes"),
        (("--steps", 1, "--batch", 0), "a batch of 0 images teaches nothing; take at least one."),
        (("--steps", 1, "--resolution", -4), "--resolution is a positive number of pixels, not -4."),
        (
            ("--steps", 1, "--option", "between=1"),
            "'spos': got an unexpected keyword argument 'between'; it takes paths.",
        ),
        (("--steps", 1, "--option", "training.lr=1"), "training has no option 'lr'; it takes learning_rate"),
        (("--steps", 1, "--seed", -1), "seed of a training run is a whole number from 0, not -1"),
        (("--steps", 1, "--option", "data.seed=-1"), "the seed of a split is a whole number from 0, not -1"),
        (
            ("--steps", 1, "--option", "data.held_out=some"),
            "held_out is a share below 1 or a number of images, not 'so",
        ),
        (
            ("--steps", 1, "--option", "space.classes=4"),
            "says all of its space; change classes there, not by an option",
        ),
        (("--steps", 1, "--option", "data.split=1"), "the data have no option 'split'; they take held_out, seed."),
        (
            ("--steps", 1, "--option", "other.x=1"),
            "is not KEY=VALUE with one of KEY, training.KEY, space.KEY, data.KEY",
        ),
        (("--steps", 9, "--option", "training.learning_rate=1e30"), "had values that are not finite numbers"),
    ],
)
def test_bad_options_are_one_sentence(train, options, message):
    code, out, err = train(*(("--batch", 8) if "--batch" not in options else ()), *options)
    assert (code, out) == (2, "")
    assert message in err
    assert err.startswith("weaknas: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("side=30", "side of the DARTS space is a multiple of 4, by which it reduces images, not 30."),
        ("cells=0", "cells of the DARTS space is a whole number from 1 to 10000, not 0."),
        ("cells=8.5", "cells of the DARTS space is a whole number from 1 to 10000, not 8.5."),
        ("channels=true", "channels of the DARTS space is a whole number from 1 to 10000, not True."),
        ("channels=few", "channels of the DARTS space is a whole number from 1 to 10000, not 'few'."),
        ("channels=15", "channels of the DARTS space is an even number, not 15."),
        ("stem=large", "stem of the DARTS space is cifar or imagenet, not 'large'."),
    ],
)
def test_a_space_of_cells_that_cannot_be_is_one_sentence(train, option, message):
    assert train("--steps", 1, "--option", f"space.{option}", space="darts") == (2, "", f"weaknas: {message}\n")


def test_other_bad_input_is_one_sentence(train, space, tmp_path):
    def refused(message, **changes):
        code, out, err = train("--steps", 2, "--batch", 8, **changes)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert message in err

    refused("there is no scheme named 'big'; did you mean bignas?", scheme="big")
    refused("'tpu' is no device; name cpu, cuda or auto.", device="tpu")
    refused("there is no supernet of nasbench101: it is not a space of whole networks.", space="nasbench101")
    refused("nowhere.npz", data=tmp_path / "nowhere.npz")
    assert train("--steps", 2, "--batch", 8)[0] == 0
    written = space.read_text()
    space.write_text(written.replace("depth = [1, 2]", "depth = [1, 3]"))
    refused("run holds another run, of another space, also named tiny; give this one a folder of its own")
    space.write_text(written.replace("tiny", "other"))
    refused("run holds another run, of the space tiny instead of other; give")
    space.write_text(written.replace("classes = 4", "classes = 5"))
    refused("noise has 4 classes, and tiny 5", out="five")


def test_a_corrupt_image_is_named(train, tmp_path):
    for label in ("cat", "dog", "eel", "fox"):
        folder = tmp_path / "images" / "train" / label
        folder.mkdir(parents=True)
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 256, (12 + number, 14, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
    bad = tmp_path / "images" / "train" / "eel" / "2.png"
    bad.write_bytes(bad.read_bytes()[:60])
    code, _, err = train("--steps", 4, "--batch", 14, "--option", "data.held_out=2", data=tmp_path / "images")
    assert code == 2
    assert "eel/2.png" in err
    assert err.count("\n") == 1


def test_a_terminal_shows_a_bar(train, monkeypatch, tmp_path):
    screen = io.StringIO()
    command = importlib.import_module("weaknas.supernet.commands.running")
    monkeypatch.setattr(command, "Console", lambda file: Console(file=screen, force_terminal=True, width=120))
    assert train("--steps", 10, "--batch", 8)[0] == 0
    assert "10/10" in screen.getvalue()
    last = pd.read_parquet(tmp_path / "run" / METRICS)["loss"].iloc[-1]
    assert f"loss {last:.3g}" in screen.getvalue()


def test_what_was_trained_is_searched(train, cli, tmp_path):
    assert train("--steps", 2, "--batch", 8, scheme="bignas")[0] == 0
    options = ("--strategy", "random", "--budget", 3, "--option", "benchmark.device=cpu", "--json")
    code, out, _ = cli("search", f"supernet:{tmp_path / 'run'}", *options)
    assert code == 0
    assert json.loads(out)["best_arch"]
