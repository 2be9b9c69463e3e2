"""Builds from images to tables; needs torch."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from weaknas.errors import InvalidOption, InvalidTable
from weaknas.table_file import TableFile
from weaknas_benchmarks.building import build_spec
from weaknas_benchmarks.building.merging import merge
from weaknas_benchmarks.building.run_build import build
from weaknas_benchmarks.building.shards import Shards

pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def one_architecture_a_shard(monkeypatch):
    monkeypatch.setattr(build_spec, "SHARD", 1)


def accuracies(path):
    table = TableFile(path)
    return {column: table.numbers(column) for column in table.columns if "_acc" in column or "_loss" in column}


def test_a_stopped_build_goes_on_and_gives_the_same_table(tiny, tmp_path):
    def stop(done):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tiny, tmp_path / "stopped", progress=stop)
    assert Shards(tiny, tmp_path / "stopped").missing() == [1]
    with pytest.raises(InvalidTable, match=r"1 of 2 shards in .* are missing"):
        merge(tiny, tmp_path / "stopped", tmp_path)
    seen: list[int] = []
    build(tiny, tmp_path / "stopped", progress=seen.append)
    assert seen == [1, 2]
    first = accuracies(merge(tiny, tmp_path / "stopped", tmp_path))
    build(tiny, tmp_path / "whole")
    second = accuracies(merge(tiny, tmp_path / "whole", tmp_path))
    for column, values in first.items():
        np.testing.assert_array_equal(values, second[column])


def test_more_architectures_go_into_the_same_build(tiny, tmp_path):
    build(tiny, tmp_path / "build")
    seen: list[int] = []
    build(replace(tiny, limit=3), tmp_path / "build", progress=seen.append)
    assert seen == [2, 3]


def test_a_device_that_is_not_there(tiny, tmp_path):
    for device in ("cuda:99", "abacus"):
        with pytest.raises(InvalidOption, match=rf"the device '{device}' cannot be used here"):
            build(replace(tiny, device=device), tmp_path / "build")


@pytest.mark.slow
def test_the_workers_of_a_build_end_with_it(tmp_path):
    """Left alone they would work on, for the rest of their shards, on what the next build works on."""
    arguments = ("digits", "--as", "pilot", "--limit", 96, "--jobs", 2, "--out", tmp_path)
    order = [sys.executable, "-c", "from weaknas.cli import main; main()", "data", "build", *map(str, arguments)]
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    build = subprocess.Popen(order, env=environment, stderr=subprocess.DEVNULL)
    workers = wait_for(lambda: [pid for pid in children(build.pid) if processor_seconds(pid) > 4], 120)
    build.kill()
    build.wait()
    wait_for(lambda: not any(map(processor_seconds, workers)), 8)


def wait_for(condition, seconds):
    for _ in range(10 * seconds):
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor_seconds(pid):
    """Return the processor time that a process has used, 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
def test_a_killed_build_of_two_processes_goes_on(image_file, tmp_path):
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    arguments = (
        "data",
        "build",
        "digits",
        "--images",
        image_file,
        "--as",
        "bars",
        "--limit",
        "200",
        "--out",
        tmp_path,
    )
    order = [sys.executable, "-c", "from weaknas.cli import main; main()", *map(str, arguments)]
    folder = tmp_path / "weaknas" / "builds" / "bars"
    build = subprocess.Popen([*order, "--jobs", "2"], env=environment, stderr=subprocess.DEVNULL)
    while not list(folder.glob("shard-*.npz")):
        assert build.poll() is None
        time.sleep(0.2)
    build.send_signal(signal.SIGKILL)
    build.wait()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("shard-*.npz")}
    done = subprocess.run([*order], env=environment, check=True, capture_output=True, text=True)
    assert "200 of 200 architectures" in done.stderr
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    assert TableFile(tmp_path / "bars.parquet").rows >= 200


def test_nothing_but_training_imports_torch():
    modules = "build_spec, command, cost, images, merging, recipe, run_build, shards, trainer"
    order = f"import sys; from weaknas_benchmarks.building import {modules}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", order], check=True)
