"""Several processes, with gloo on the CPU."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from weaknas.errors import InvalidOption
from weaknas.supernet.data import open_images
from weaknas.supernet.run import STATE, WEIGHTS, TrainingRun
from weaknas.supernet.training import train
from weaknas.supernet.training.processes import Processes, leads
from weaknas.supernet.training.trainer import Trainer

SEARCHING = f"{Path(__file__).parent / 'searching.py'}:Searching"
WORKER = Path(__file__).parent / "worker.py"
TORCHRUN = (sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def worker():
    spec = importlib.util.spec_from_file_location("worker", WORKER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def torchrun(*arguments):
    """Run it; once more if a process that was at its end already was aborted by torch's own threads.

    (pytorch issue 190489: gloo, "terminate called without an active exception", no Python frame left.)
    """
    for _ in range(2):
        done = subprocess.run(
            [*TORCHRUN, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode == 0 or "terminate called without an active exception" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr
    return done.stdout


SLOW = pytest.mark.slow  # every start of two processes takes seconds


@SLOW
@pytest.mark.parametrize("scheme", ["spos", "attentivenas", "table", "pi-nas", SEARCHING])
def test_two_processes_train_as_one_does_on_the_whole_batch(make_run, measured, tmp_path, scheme):
    """With frozen statistics they agree; with each process's own they agree with each other, not with one process."""
    options = {} if scheme in ("spos", "pi-nas", SEARCHING) else {"dropout": 0.0, "drop_connect": 0.0}
    if scheme == "table":  # a predictor of its own in each process must pick as the others do
        space = make_run().make_space()
        table = measured(space, space.sample(30, np.random.default_rng(0)))
        scheme, options = "attentivenas", {**options, "table": str(table), "between": 6}
    if scheme == "pi-nas":  # the queue of each process has the keys of all
        options = {"queue": 40, "dim": 8, "hidden": 16}
    run = make_run(scheme, options, augment="none")
    run.save(tmp_path)
    torchrun(WORKER, tmp_path)
    first, second = (torch.load(tmp_path / f"rank{rank}.pt", weights_only=True) for rank in (0, 1))
    one = Processes("cpu")
    alone = {mode: worker().take_steps(run, one, mode == "own") for mode in ("frozen", "own")}
    begun = worker().tensors(Trainer(run, open_images(run.data, held_out=12), one))
    learned = [name for name in begun if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))]
    moved = max(float((alone["frozen"][name] - begun[name]).abs().max()) for name in learned)
    assert moved > 1e-3
    for name in learned:
        for mode in ("frozen", "own"):
            assert torch.equal(first[mode][name], second[mode][name]), name
        torch.testing.assert_close(first["frozen"][name], alone["frozen"][name], rtol=1e-4, atol=1e-6)
    assert any(not torch.allclose(first["own"][name], alone["own"][name], rtol=1e-3) for name in learned)


@SLOW
def test_a_run_of_two_processes_from_the_command_line(make_run, few_images, tmp_path):
    space = tmp_path / "tiny.toml"
    space.write_text(
        'name = "tiny"\nclasses = 4\nresolution = [8, 12]\n[stem]\nwidth = 8\n[[stage]]\nwidth = [8, 16]\n'
        "[head]\nwidth = 16\n"
    )
    code = "import torch; torch.set_num_threads(1); from weaknas.cli import main; main()"
    script = tmp_path / "weaknas_main.py"
    script.write_text(code)
    out = tmp_path / "run"
    options = ("--scheme", "bignas", "--out", out, "--steps", 12, "--batch", 8, "--device", "cpu")
    said = torchrun(script, "supernet", "train", space, few_images, *options)
    assert said == f"{out}: tiny, bignas, 12 steps\n"
    assert TrainingRun.load(out).done == 12
    assert (out / WEIGHTS).is_file()


def test_a_missing_gradient_stays_missing_in_a_single_process():
    net = nn.Linear(2, 2)
    net.weight.grad = torch.ones(2, 2)
    Processes("cpu").average_gradients(list(net.parameters()))
    assert net.bias.grad is None
    assert net.weight.grad.eq(1).all()


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_to_the_same_weights(make_run, tmp_path):
    """SIGKILL in the middle of a step, as from an operator who has no patience."""
    run = make_run(SEARCHING, ema=0.9)
    folder = tmp_path / "killed"
    folder.mkdir()
    run.save(tmp_path)
    code = (
        "import os, signal, sys, torch\n"
        "from dataclasses import replace\n"
        "torch.set_num_threads(1)\n"
        "from weaknas.supernet.run import TrainingRun\n"
        "from weaknas.supernet.training import train\n"
        "def on_step(progress):\n"
        "    if progress.done == 13: os.kill(os.getpid(), signal.SIGKILL)\n"
        "run = replace(TrainingRun.load(sys.argv[1]), read=False)\n"  # the user names the scheme
        "train(run, sys.argv[2], device='cpu', on_step=on_step, save_seconds=0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path, folder], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert TrainingRun.load(folder).done == 10
    train(run, folder, device="cpu")
    train(run, tmp_path / "whole", device="cpu")
    assert (folder / WEIGHTS).read_bytes() == (tmp_path / "whole" / WEIGHTS).read_bytes()
    states = [torch.load(path / STATE, weights_only=True) for path in (folder, tmp_path / "whole")]
    for part in ("supernet", "theta", "head", "teacher"):
        tensors = [state["modules"].get(part, state["supernet"]) for state in states]
        assert all(torch.equal(value, tensors[1][name]) for name, value in tensors[0].items())


def test_devices(monkeypatch):
    assert Processes("auto").device.type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert Processes("cpu").share == (0, 1)
    assert leads()
    assert torch.equal(Processes("cpu").gather(torch.arange(3)), torch.arange(3))
    with pytest.raises(InvalidOption, match="'gpu' is no device; name cpu, cuda or auto"):
        Processes("gpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InvalidOption, match="there is no GPU that torch can use here; name --device cpu"):
        Processes("cuda")
    assert "LOCAL_RANK" not in os.environ
