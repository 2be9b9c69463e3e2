"""A small study and its report, for all tests of reports."""

import pytest

from weaknas_experiments.report.writer import write_report
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

STUDY = """
name = "small"
budget = 40
seeds = 7
checkpoints = [20, 40]
protocols = ["honest", "paper"]
benchmarks = [{ name = "digits" }]
strategies = [{ name = "random" }, { name = "local-search" }, { name = "weaknas", predictor = "ridge" }]
"""


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY)
    run_study(plan(load_study(folder / "small.toml")), folder / "out")
    return load(folder / "out")


@pytest.fixture(scope="session")
def page(results):
    return write_report(results, results.directory / "report")
