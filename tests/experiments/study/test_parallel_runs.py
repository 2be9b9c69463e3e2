"""Runs in several processes."""

import sys

import pytest

from weaknas.errors import WeaknasError
from weaknas_experiments.study import folder
from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study


def test_any_number_of_jobs_gives_the_same_bytes(results_of):
    assert results_of("one") == results_of("two", jobs=2)


@pytest.mark.slow
def test_a_process_that_is_killed_is_a_run_that_failed(results_of, study_file, tmp_path, slow_file):
    change = ('name = "random"', f'name = "{slow_file}:Killed"\nlabel = "killed"')
    failed = run_study(plan(load_study(study_file(change, ("seeds = 3", "seeds = 6")))), tmp_path / "out", jobs=2)
    assert failed == {"killed": "toy, seed 1: its process was killed, for want of memory perhaps"}
    made = load(tmp_path / "out").timings.groupby("label").seed.apply(list).to_dict()
    assert made == {"killed": [0, 2, 3, 4, 5], "weaknas (ridge)": [0, 1, 2, 3, 4, 5]}


def test_what_stops_a_study_of_several_processes_is_the_one_thing_that_is_said(results_of, monkeypatch, capfd):
    def full(*arguments):
        raise WeaknasError("the disk is full.")

    monkeypatch.setattr(folder, "write_run", full)
    with pytest.raises(WeaknasError, match="the disk is full"):
        results_of("out", ("seeds = 3", "seeds = 20"), jobs=2)
    assert capfd.readouterr() == ("", "")


def test_backends_that_are_not_installed_say_how_to_get_them(study_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    planned = plan(load_study(study_file()))
    for backend, package in (("dask", "dask[distributed]"), ("ray", "ray[default]")):
        with pytest.raises(InvalidStudy, match="needs a package; run: pip install") as error:
            run_study(planned, tmp_path / "out", 2, backend)
        assert package in str(error.value)
