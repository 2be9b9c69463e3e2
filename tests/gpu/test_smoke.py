"""Every part of `make gpu` runs, at a tiny size on a CPU."""

import faulthandler
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from weaknas.doors import SCHEMES

RUN = Path(__file__).parent / "run.py"
PARTS = {"train", "cells", "busy", "sandwich", "train-naive", "evaluate", "resume", "build", "predict"}


def run(*arguments):
    return subprocess.run([sys.executable, RUN, *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def run_here(monkeypatch, capfd):
    """Run it in this process, which has torch already, and return its exit status and what it prints."""
    monkeypatch.syspath_prepend(RUN.parent)

    def run_here(*arguments):
        monkeypatch.setattr("sys.argv", [str(RUN), *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(RUN), run_name="__main__")
        return stop.value.code, capfd.readouterr().out

    yield run_here
    faulthandler.cancel_dump_traceback_later()  # it ends a run that hangs, and must not end this process


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    out = tmp_path_factory.mktemp("gpu") / "cpu.json"
    done = run("--smoke", "--out", out)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text()), done.stdout


@pytest.mark.slow
def test_every_part_gives_figures(smoke):
    report, table = smoke
    assert report["parts"].keys() == PARTS
    assert {name: part["error"] for name, part in report["parts"].items() if "error" in part} == {}
    assert all(part["figures"] for part in report["parts"].values())
    assert {"card", "date", "command", "versions", "sizes"} <= report.keys()
    assert all(name in table for name in PARTS)


@pytest.mark.slow
def test_every_registered_scheme_is_trained(smoke):
    figures = smoke[0]["parts"]["train"]["figures"]
    assert [figure["what"] for figure in figures] == SCHEMES.names()
    assert all(figure["images_per_second"] > 0 for figure in figures)


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(smoke):
    alike, killed = smoke[0]["parts"]["resume"]["figures"]
    assert alike["weights_apart"] == killed["weights_apart"] == killed["losses_apart"] == 0
    assert killed["within_tolerance"]


def test_parts_for_which_no_time_is_left_are_skipped(run_here, tmp_path):
    run_here("--smoke", "--only", "train", "--only", "busy", "--seconds", 0, "--out", tmp_path / "cpu.json")
    parts = json.loads((tmp_path / "cpu.json").read_text())["parts"]
    assert parts == {name: {"figures": [], "skipped": "the 0 seconds were over"} for name in ("train", "busy")}


def test_a_part_that_there_is_not():
    done = run("--smoke", "--only", "trian")
    assert done.returncode == 2
    assert "invalid choice: 'trian'" in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so(run_here):
    code, said = run_here()
    assert code == 0
    assert "there is no GPU" in said
