"""Running a study: stopped, killed, continued, refused."""

import signal
import subprocess
import sys
import time

import pytest

from weaknas_experiments.study import folder, parallel_runs
from weaknas_experiments.study.one_run import execute
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study


def test_new_seeds_and_strategies_run_alone(results_of, tmp_path, monkeypatch):
    more = (
        ("seeds = 3", "seeds = 4"),
        ('name = "random"', 'name = "random"\n\n[[strategies]]\nname = "local-search"'),
    )
    whole = results_of("whole", *more)
    results_of("out")
    ran = []
    monkeypatch.setattr(parallel_runs, "attempt", lambda spec: ran.append(spec.key) or (spec, execute(spec)))
    assert results_of("out", *more) == whole
    assert len(ran) == 2 + 4
    assert results_of("out", *more) == whole
    assert len(ran) == 6


@pytest.mark.slow
def test_a_killed_study_goes_on_and_ends_with_the_same_bytes(study_file, tmp_path, slow_file):
    slow = ('name = "random"', f'name = "{slow_file}:Slow"\nlabel = "slow"\noptions = {{ wait = 0.05 }}')
    path = study_file(slow, ("seeds = 3", "seeds = 5"), ("budget = 40", "budget = 20"))
    command = [sys.executable, "-c", "from weaknas.cli import main; main()", "study", "run", str(path), "--jobs", "2"]
    killed = subprocess.Popen([*command, "--out", str(tmp_path / "killed")], stdout=subprocess.PIPE)
    runs = tmp_path / "killed/runs"
    deadline = time.monotonic() + 60
    while not (runs.is_dir() and list(runs.glob("*.parquet"))) and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)  # its workers hold the pipe: they end as well
    assert 0 < len(folder.read_runs(tmp_path / "killed")) < 10
    for at in ("killed", "whole"):
        run_study(plan(load_study(path)), tmp_path / at)
    killed, whole = ((tmp_path / at / folder.RESULTS).read_bytes() for at in ("killed", "whole"))
    assert killed == whole


def test_a_run_that_fails_does_not_stop_the_others_and_is_tried_again(results_of, study_file, tmp_path, slow_file):
    change = ('name = "random"', f'name = "{slow_file}:Broken"\nlabel = "broken"')
    planned = plan(load_study(study_file(change)))
    for _ in range(2):
        failed = run_study(planned, tmp_path / "out")
        assert failed == {"broken": "toy, seed 0: RuntimeError: out of order"}
        assert sorted(load(tmp_path / "out").timings.label.unique()) == ["weaknas (ridge)"]
