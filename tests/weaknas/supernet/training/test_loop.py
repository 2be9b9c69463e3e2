"""A whole run: one that is stopped and goes on ends as one that is not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from weaknas.errors import InUse, InvalidCheckpoint, InvalidOption, WeaknasError
from weaknas.supernet import load
from weaknas.supernet.run import METRICS, STATE, WEIGHTS, TrainingRun
from weaknas.supernet.training import Trainer, train

SEARCHING = f"{Path(__file__).parent / 'searching.py'}:Searching"


class Stopped(Exception):
    pass


def stop_at(step):
    def on_step(progress):
        if progress.done == step:
            raise Stopped

    return on_step


def interrupted(run, folder, step):
    with pytest.raises(Stopped):
        train(run, folder, device="cpu", on_step=stop_at(step), save_seconds=0)


def same(one, other):
    """Compare nested states, tensors bit for bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def state(folder):
    return torch.load(folder / STATE, weights_only=True)


SCHEMES = [
    ("spos", {"ema": 0.9}),
    ("bignas", {"augment": "randaugment"}),
    ("ofa", {"ema": 0.9}),
    ("attentivenas", {"precision": "bfloat16"}),
    (SEARCHING, {"ema": 0.9}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "training"), SCHEMES)
def test_a_run_that_is_stopped_goes_on_to_the_same_weights(make_run, tmp_path, scheme, training):
    run = make_run(scheme, **training)
    done = train(run, tmp_path / "whole", device="cpu")
    assert done.done == 25
    for step in (4, 17):  # before it was first saved, and between two savings
        interrupted(run, tmp_path / "parts", step)
        assert TrainingRun.load(tmp_path / "parts").done == step // 10 * 10
    train(run, tmp_path / "parts", device="cpu")
    assert same(state(tmp_path / "whole"), state(tmp_path / "parts"))
    assert (tmp_path / "whole" / WEIGHTS).read_bytes() == (tmp_path / "parts" / WEIGHTS).read_bytes()
    whole, parts = (pd.read_parquet(tmp_path / name / METRICS) for name in ("whole", "parts"))
    pd.testing.assert_frame_equal(whole.drop(columns="images_per_second"), parts.drop(columns="images_per_second"))


def test_a_run_that_is_stopped_picks_by_the_same_predictor_of_a_table(make_run, measured, tmp_path):
    space = make_run().make_space()
    table = measured(space, space.sample(30, np.random.default_rng(0)))
    # Of twenty candidates two forests of other seeds seldom pick the same one, of three they mostly do.
    run = make_run("attentivenas", {"table": str(table), "predictor": "random-forest", "candidates": 20}, steps=12)
    train(run, tmp_path / "whole", device="cpu")
    interrupted(run, tmp_path / "parts", 11)
    assert TrainingRun.load(tmp_path / "parts").done == 10
    train(run, tmp_path / "parts", device="cpu")
    assert same(state(tmp_path / "whole"), state(tmp_path / "parts"))


def test_a_run_changes_the_weights_and_not_the_random_numbers_of_others(make_run, tmp_path):
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    train(make_run(steps=2), tmp_path / "two", device="cpu")
    assert torch.equal(torch.rand(3), wanted)
    train(replace(make_run(steps=2), seed=1), tmp_path / "other", device="cpu")
    assert not same(state(tmp_path / "two")["supernet"], state(tmp_path / "other")["supernet"])


def test_what_is_evaluated_is_the_average(make_run, tmp_path):
    for name, ema in (("average", 0.9), ("plain", 0.0)):
        train(make_run(steps=5, ema=ema), tmp_path / name, device="cpu")
    saved = {name: load(tmp_path / name / WEIGHTS).net.state_dict() for name in ("average", "plain")}
    assert same(saved["plain"], state(tmp_path / "average")["supernet"])  # the average has no part in training
    average = state(tmp_path / "average")["average"]
    weights = {name: value for name, value in saved["average"].items() if value.ndim > 1}
    assert all(torch.equal(value, average[f"module.{name}"]) for name, value in weights.items())
    assert not same(saved["plain"], saved["average"])


def test_metrics(make_run, tmp_path):
    seen = []
    train(make_run("bignas"), tmp_path, device="cpu", on_step=seen.append)
    metrics = pd.read_parquet(tmp_path / METRICS)
    assert metrics["step"].tolist() == [10, 20, 25]
    assert set(metrics) == {"step", "rate", "largest", "smallest", "between", "images_per_second"}
    assert (metrics["images_per_second"] > 0).all()
    assert metrics["rate"].between(0, 0.1).all()
    assert [progress.done for progress in seen] == list(range(1, 26))
    assert seen[-1].metrics["largest"] == metrics["largest"].iloc[-1]


def test_what_a_run_logs_and_finds(make_run, tmp_path):
    run = train(make_run(SEARCHING), tmp_path, device="cpu")
    metrics = pd.read_parquet(tmp_path / METRICS)
    assert metrics["taught"].tolist() == [5.5, 15.5, 23.0]  # means of ten steps, and of the last five
    assert metrics["sharpness"].between(0, 1).all()
    assert run.found == tuple(TrainingRun.load(tmp_path).found)
    assert run.make_space().from_str(run.found).shape[0] == 1
    longer = replace(make_run(SEARCHING, steps=45), found=None)
    interrupted(longer, tmp_path, 41)
    assert TrainingRun.load(tmp_path).found is None


def test_a_run_goes_on_with_its_images_elsewhere(make_run, few_images, tmp_path):
    run = make_run()
    train(run, tmp_path / "whole", device="cpu")
    interrupted(run, tmp_path / "parts", 17)
    moved = tmp_path / "moved.npz"
    moved.write_bytes(few_images.read_bytes())
    train(replace(run, data=str(moved)), tmp_path / "parts", device="cpu")
    assert TrainingRun.load(tmp_path / "parts").data == str(moved)
    assert same(state(tmp_path / "whole"), state(tmp_path / "parts"))
    assert (tmp_path / "whole" / WEIGHTS).read_bytes() == (tmp_path / "parts" / WEIGHTS).read_bytes()


def test_other_images_at_the_same_place_are_refused(make_run, few_images, tmp_path):
    data = tmp_path / "few.npz"
    data.write_bytes(few_images.read_bytes())
    run = replace(make_run(), data=str(data))
    interrupted(run, tmp_path / "run", 11)
    arrays = dict(np.load(few_images))
    np.savez(data, **arrays | {"x_train": arrays["x_train"][::-1]})
    with pytest.raises(InvalidCheckpoint, match=r"another run, of other images than those in .*few\.npz"):
        train(run, tmp_path / "run", device="cpu")


@pytest.mark.parametrize(("scheme", "done"), [("spos", 25), ("ofa", 25), ("ofa", 10)])
def test_a_run_goes_on_for_more_steps(make_run, tmp_path, scheme, done):
    if done == 25:
        train(make_run(scheme), tmp_path, device="cpu")
    else:
        interrupted(make_run(scheme), tmp_path, 17)
    assert train(make_run(scheme, steps=40), tmp_path, device="cpu").done == 40
    assert (TrainingRun.load(tmp_path).done, TrainingRun.load(tmp_path).steps) == (40, 40)
    assert pd.read_parquet(tmp_path / METRICS)["step"].is_monotonic_increasing


def test_one_process_trains_in_a_folder(make_run, tmp_path):
    run = make_run()

    def another(progress):
        with pytest.raises(InUse, match=r"another process is working on .*; wait for it, or give this one a folder"):
            train(run, tmp_path, device="cpu")
        raise Stopped

    with pytest.raises(Stopped):
        train(run, tmp_path, device="cpu", on_step=another)
    assert train(run, tmp_path, device="cpu").done == 25


def test_a_full_disk_keeps_the_last_whole_state(make_run, tmp_path, monkeypatch):
    run = make_run()
    train(run, tmp_path / "whole", device="cpu")
    interrupted(run, tmp_path / "run", 11)
    (tmp_path / "run" / ".abc.part").write_text("what a killed process left")
    write = Path.write_bytes

    def full(self, content):
        if b"optimizer" in bytes(content):
            raise OSError(28, "No space left on device")
        return write(self, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(WeaknasError, match=r"state\.pt: No space left.*the same command goes on from step 10\.$"):
            train(run, tmp_path / "run", device="cpu", save_seconds=0)
    train(run, tmp_path / "run", device="cpu")
    assert same(state(tmp_path / "whole"), state(tmp_path / "run"))
    assert not list((tmp_path / "run").glob(".*.part"))


def test_a_state_of_something_else_is_refused(make_run, tmp_path):
    run = make_run()
    interrupted(run, tmp_path, 11)
    content = state(tmp_path)
    for wrong in ({"done": 99}, {"done": "x"}, {"supernet": {}}, {"optimizer": 3}, {"scheme": None, "supernet": None}):
        torch.save(content | wrong, tmp_path / STATE)
        with pytest.raises(InvalidCheckpoint, match=r"is not its state .*; begin it anew\.$"):
            train(run, tmp_path, device="cpu")


def test_one_image_of_one_pixel_teaches_nothing(make_run, tmp_path):
    run = make_run(steps=2)
    table = {**run.space["table"], "resolution": [4], "stem": {"width": 8}}
    with pytest.raises(WeaknasError, match=r"a batch of 1 image gives batch normalisation a single value .*--batch"):
        train(replace(run, space={**run.space, "table": table}, batch=1), tmp_path, device="cpu")


def test_what_a_run_in_a_file_names_runs_no_code(make_run, tmp_path):
    code = tmp_path / "evil.py"
    code.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    make_run("attentivenas", {"table": f"{code}:bench"}).save(tmp_path)
    with pytest.raises(WeaknasError):
        train(TrainingRun.load(tmp_path), tmp_path / "run", device="cpu")
    assert not (tmp_path / "ran").exists()


def test_a_finished_run_is_left_alone(make_run, tmp_path):
    run = make_run(steps=3)
    train(run, tmp_path, device="cpu")
    before = (tmp_path / STATE).stat().st_mtime_ns
    assert train(run, tmp_path, device="cpu", on_step=stop_at(1)).done == 3
    assert (tmp_path / STATE).stat().st_mtime_ns == before


def test_a_run_killed_while_it_was_last_saved_is_finished(make_run, tmp_path):
    run = make_run(steps=3)
    train(run, tmp_path, device="cpu")
    run.save(tmp_path)  # as it stood before run.json was written
    assert train(run, tmp_path, device="cpu").done == 3
    assert TrainingRun.load(tmp_path).done == 3


def test_another_run_is_refused(make_run, tmp_path):
    train(make_run(steps=3), tmp_path, device="cpu")
    with pytest.raises(InvalidCheckpoint, match=r"holds another run, of steps 3 instead of 2; give this one a folder"):
        train(make_run(steps=2), tmp_path, device="cpu")
    with pytest.raises(InvalidCheckpoint, match=r"holds another run, of scheme 'spos' instead of 'bignas'"):
        train(make_run("bignas", steps=3), tmp_path, device="cpu")
    assert TrainingRun.load(tmp_path).steps == 3


@pytest.mark.parametrize("file", [STATE, METRICS])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_run_is_refused(make_run, tmp_path, file, damage):
    run = make_run()
    interrupted(run, tmp_path, 11)
    path = tmp_path / file
    path.unlink() if damage == "gone" else path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InvalidCheckpoint, match=f"{file}, .* cannot be read .*; begin it anew"):
        train(run, tmp_path, device="cpu")


def test_a_loss_that_is_not_a_number_keeps_the_run_as_last_saved(make_run, tmp_path):
    run = make_run(learning_rate=0.01)
    poisoned = tmp_path / STATE

    interrupted(run, tmp_path, 11)
    content = state(tmp_path)
    next(iter(content["supernet"].values())).fill_(float("nan"))
    torch.save(content, poisoned)
    kept = poisoned.read_bytes()
    with pytest.raises(WeaknasError, match=r"by step 20 (loss|the weights) had values that are not finite") as caught:
        train(run, tmp_path, device="cpu", save_seconds=0)
    assert f"{tmp_path} keeps the run of step 10" in str(caught.value)
    assert poisoned.read_bytes() == kept
    assert json.loads((tmp_path / "run.json").read_text())["done"] == 10


def test_what_diverges_stops(make_run, tmp_path):
    run = make_run(learning_rate=1e30, warmup=0.0)
    with pytest.raises(WeaknasError, match="keeps the run of step 0; begin another with a lower"):
        train(run, tmp_path, device="cpu", save_seconds=0)
    assert TrainingRun.load(tmp_path).done == 0


def test_refusals(make_run, tmp_path):
    with pytest.raises(InvalidOption, match="a batch of 49 does not go into 48 images"):
        train(replace(make_run(), batch=49), tmp_path / "batch", device="cpu")
    with pytest.raises(InvalidOption, match="'abacus' is no device; name cpu, cuda or auto"):
        train(make_run(), tmp_path / "device", device="abacus")
    (tmp_path / "file").write_text("")
    with pytest.raises(WeaknasError, match=r"cannot write to .*file"):
        train(make_run(), tmp_path / "file", device="cpu")


@pytest.mark.parametrize("where", ["gpu", "cpu"])
def test_too_little_memory_is_said_to_be_so(make_run, tmp_path, monkeypatch, where):
    def step(self, images, labels):
        if where == "gpu":
            raise torch.OutOfMemoryError("CUDA out of memory.")
        torch.empty(1 << 50)

    monkeypatch.setattr(Trainer, "step", step)
    with pytest.raises(
        WeaknasError, match=r"cpu has not enough memory for batches of 8 images; take fewer \(--batch\)"
    ):
        train(make_run(), tmp_path, device="cpu")
    assert TrainingRun.load(tmp_path).done == 0


def test_other_errors_are_not_hidden(make_run, tmp_path, monkeypatch):
    monkeypatch.setattr(Trainer, "step", lambda self, batch, arch_batch: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="inconsistent tensor size"):
        train(make_run(), tmp_path, device="cpu")


def test_a_run_that_begins_with_weights_needs_them_only_to_begin(make_run, tmp_path):
    train(make_run(steps=3), tmp_path / "first", device="cpu")
    weights = tmp_path / "first" / WEIGHTS
    run = replace(make_run(steps=12, learning_rate=0.0, ema=0.9), weights=str(weights))
    interrupted(run, tmp_path / "second", 11)
    begun = load(weights).net.state_dict()
    kept = load(tmp_path / "second" / WEIGHTS).net.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in begun.items() if "running" not in name and value.ndim)
    weights.unlink()
    assert train(run, tmp_path / "second", device="cpu").done == 12
    with pytest.raises(InvalidCheckpoint, match=r"another run, of weights .* instead of None"):
        train(replace(run, weights=None), tmp_path / "second", device="cpu")


def test_weights_of_another_space_are_refused(make_run, run_folder, tmp_path):
    with pytest.raises(InvalidCheckpoint, match="does not hold the weights of this network"):
        train(replace(make_run(), weights=str(run_folder)), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run" / WEIGHTS).exists()
