"""`weaknas supernet finetune`."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import torch

from weaknas.supernet import load, make_supernet, save
from weaknas.supernet.run import METRICS, STATE, WEIGHTS, TrainingRun
from weaknas.supernet.training import train

ARCH = "r12;w8;d1;k3,3,3;e2,1,2"


def said(cli, *arguments):
    code, out, err = cli(*arguments)
    assert (code, err) == (0, "")
    return out


def images_of(run_folder):
    return json.loads((run_folder / "run.json").read_text())["data"]


def test_fine_tuning_goes_on_with_the_weights_of_the_supernet(cli, run_folder, own_cache, tmp_path):
    command = ("supernet", "finetune", run_folder, "--arch", ARCH, "--batch", 50, "--device", "cpu")
    still = ("--steps", 2, "--option", "training.learning_rate=0", "--out", tmp_path / "still")
    said(cli, *command, *still)
    said(cli, "supernet", "extract", run_folder, "--arch", ARCH, "--out", tmp_path / "net.safetensors")
    kept, wanted = (load(file).net for file in (tmp_path / "still/net.safetensors", tmp_path / "net.safetensors"))
    assert kept.arch == wanted.arch == ARCH
    assert all(torch.equal(value, kept.state_dict()[name]) for name, value in wanted.state_dict().items())

    tuned = tmp_path / "tuned"
    told = said(cli, *command, "--epochs", 10, "--option", "dropout=0.1", "--out", tuned)
    run = TrainingRun.load(tuned)
    assert (run.done, run.scheme, run.options["arch"], run.optimisation["learning_rate"]) == (60, "single", ARCH, 0.01)
    assert (run.options["dropout"], run.held_out, run.image_size) == (0.1, 0.25, 12)
    split = ("--split", "held-out", "--json")
    before = json.loads(said(cli, "supernet", "evaluate", run_folder, "--arch", ARCH, *split))["top1"]
    command = ("validate", tuned / "net.safetensors", "--data", images_of(run_folder))
    after = json.loads(said(cli, *command, *split))["top1"]
    assert f"held-out top-1 {before:.3f} % with the weights of the supernet, {after:.3f} % fine-tuned" in told
    losses = pd.read_parquet(tuned / METRICS)["loss"]
    assert losses.iloc[-1] < losses.iloc[0]


def test_fine_tuning_needs_one_source_and_one_way_to_say_how_long(cli, run_folder, own_cache, tmp_path):
    command = ("supernet", "finetune", run_folder, "--arch", ARCH, "--out", tmp_path / "out")
    for more, message in (
        (("--weights", run_folder / "supernet.safetensors"), "name what to evaluate"),
        (("--steps", 1, "--epochs", 1), "give one"),
        (("--option", "space.classes=4"), "is not KEY=VALUE"),
        (("--option", "paths=2"), "the scheme 'single': got an unexpected keyword argument 'paths'"),
    ):
        code, out, err = cli(*command, *more)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert message in err
    assert not (tmp_path / "out").exists()
    code, out, err = cli("supernet", "finetune", run_folder, "--out", tmp_path / "out")
    assert (code, out, "names no architecture, as a run does" in err) == (2, "", True)


def test_what_a_run_found_is_tuned_where_no_architecture_is_named(cli, found_folder, own_cache, tmp_path):
    command = ("supernet", "finetune", found_folder, "--steps", 1, "--batch", 50, "--device", "cpu")
    said(cli, *command, "--out", tmp_path / "tuned")
    assert load(tmp_path / "tuned/net.safetensors").net.arch == ARCH


class Stopped(Exception):
    pass


def test_a_run_with_a_teacher_goes_on_to_the_same_weights(cli, run_folder, own_cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said(cli, "supernet", "extract", run_folder, "--arch", ARCH.replace("e2", "e1"), "--out", "teacher.safetensors")
    tune = ("supernet", "finetune", run_folder, "--arch", ARCH, "--batch", 50, "--device", "cpu")
    more = ("--option", "teacher=teacher.safetensors", "--option", "distil=2", "--option", "dropout=0.2")
    said(cli, *tune, *more, "--steps", 12, "--out", "whole")
    run = replace(TrainingRun.load("whole"), done=0)
    assert run.options["teacher"] == str(tmp_path / "teacher.safetensors")
    assert run.options["distil"] == 2

    def stop(progress):
        if progress.done == 11:
            raise Stopped

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    parts = tmp_path / "parts"
    with pytest.raises(Stopped):
        train(run, parts, device="cpu", on_step=stop, save_seconds=0)
    assert TrainingRun.load(parts).done == 10
    stopped = {path.name: path.read_bytes() for path in parts.iterdir() if path.is_file()}
    train(TrainingRun.load(parts), parts, device="cpu")  # a teacher's path in data runs no code
    for name in (WEIGHTS, STATE):
        assert (tmp_path / "whole" / name).read_bytes() == (parts / name).read_bytes()

    monkeypatch.chdir(tmp_path)
    for name, content in stopped.items():
        (parts / name).write_bytes(content)
    said(cli, "supernet", "extract", run_folder, "--arch", ARCH, "--out", "teacher.safetensors")
    code, _, err = cli(*tune, *more, "--steps", 12, "--out", "parts")
    assert (code, err.count("\n")) == (2, 1)
    assert "it learned from another teacher than" in err


def test_the_supernet_teaches_and_a_teacher_of_other_classes_does_not(cli, run_folder, own_cache, tmp_path):
    tune = ("supernet", "finetune", run_folder, "--arch", ARCH, "--batch", 50, "--steps", 10, "--device", "cpu")
    said(cli, *tune, "--option", f"teacher={run_folder}", "--out", tmp_path / "tuned")
    assert pd.read_parquet(tmp_path / "tuned" / METRICS)["divergence"].gt(0).all()
    net = make_supernet(TrainingRun.load(run_folder).make_space())
    net.class_names = ("ant", "bee", "cat", "dog")
    save(net, tmp_path / "other.safetensors")
    code, _, err = cli(*tune, "--option", f"teacher={tmp_path / 'other.safetensors'}", "--out", tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "tells 4 classes (ant, bee, cat, ...) apart, and what learns from it 4 classes (0, 1, 2, ...)" in err
