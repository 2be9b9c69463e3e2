"""The section of a report on one benchmark."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.pareto import front
from weaknas_experiments.report.writer import write_report
from weaknas_experiments.study.manifest import OptimumCard
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study


def test_the_tables_hold_the_means_at_the_checkpoints(page, results):
    table = pd.read_csv(page.parent / "tables/digits-accuracy-honest.csv")
    assert sorted(table["queries"].unique()) == [20, 40]
    frame = results.frame
    expected = [
        run.test_acc.iloc[int(np.argmax(run.valid_acc[run["query"] <= 20]))]
        for _, run in frame[frame.label == "random"].groupby("seed")
    ]
    (mean,) = table["mean"][(table.label == "random") & (table["queries"] == 20)]
    assert mean == pytest.approx(np.mean(expected, dtype=np.float64))
    pairs = pd.read_csv(page.parent / "tables/digits-pairs-honest-40.csv")
    assert len(pairs) == 3


def test_strategies_are_compared_at_every_checkpoint(page):
    early, late = (pd.read_csv(page.parent / f"tables/digits-pairs-honest-{n}.csv") for n in (20, 40))
    means = pd.read_csv(page.parent / "tables/digits-accuracy-honest.csv").set_index(["queries", "label"])["mean"]
    for budget, pairs in ((20, early), (40, late)):
        expected = [means[budget, a] - means[budget, b] for a, b in zip(pairs["first"], pairs["second"], strict=True)]
        assert pairs["difference"].tolist() == pytest.approx(expected)
    assert not early["difference"].equals(late["difference"])


@pytest.mark.usefixtures("drafts")
def test_a_report_of_a_study_whose_optimum_and_times_are_not_known(results, tmp_path):
    unknown = pd.array([pd.NA] * len(results.frame), dtype="boolean")
    frame = results.frame.assign(spent_seconds=np.nan, hit_valid=unknown, hit_test=unknown)
    card = results.manifest.benchmarks["digits"].model_copy(update={"optimum": OptimumCard()})
    manifest = results.manifest.model_copy(update={"benchmarks": {"digits": card}, "protocols": ["honest"]})
    page = write_report(replace(results, frame=frame, manifest=manifest), tmp_path / "report")
    named = re.findall(r"figures/digits-([\w-]+)\.png", page.read_text())
    assert named == ["honest-queries", "best-queries", "ranks-honest-20", "ranks-honest-40"]
    assert "the best accuracy is not known" in page.read_text()


@pytest.mark.usefixtures("drafts")
def test_a_study_without_test_accuracy_draws_what_was_seen_alone(results, tmp_path):
    frame = results.frame.assign(test_acc=np.float32("nan"), top1_test=np.float32("nan"))
    page = write_report(replace(results, frame=frame), tmp_path / "report").read_text()
    drawn = re.findall(r"figures/digits-([\w-]+)\.png", page)
    assert drawn[:2] == ["best-queries", "best-hours"]
    assert not [name for name in drawn if name.startswith(("honest", "paper", "regret"))]


def test_what_the_median_runs_found_is_drawn_each_architecture_once(page):
    shown = re.findall(r"!\[found\]\((figures/digits-found-\d+\.svg)\)\n\n(Found by [^\n]*)", page.read_text())
    assert sorted(label for _, said in shown for label in ("random", "local", "weaknas") if label in said) == [
        "local",
        "random",
        "weaknas",
    ]
    drawn = [(page.parent / file).read_text("utf-8") for file, _ in shown]
    assert len(set(drawn)) == len(drawn)
    assert all("<svg" in text and "nor_conv_3x3" in text for text in drawn)


@pytest.mark.usefixtures("drafts")
def test_what_is_not_made_of_cells_is_not_drawn(results, tmp_path, undrawn):
    frame = results.frame.assign(arch="no cell")
    assert "![found]" not in write_report(replace(results, frame=frame), tmp_path / "report").read_text()


OBJECTIVES = """
name = "several"
budget = 30
seeds = 3
checkpoints = [10, 30]
[[benchmarks]]
name = "TABLE"
label = "toy"
options = { objective = "valid_acc,params" }
[[strategies]]
name = "nsga2"
options = { costs = ["params"], population = 8 }
[[strategies]]
name = "weaknas-pareto"
predictor = "ridge"
options = { costs = ["params"], initial = 8, pool = 8 }
"""


@pytest.mark.usefixtures("drafts")
def test_a_study_of_several_objectives_states_volumes_and_fronts(toy_file, tmp_path):
    (tmp_path / "several.toml").write_text(OBJECTIVES.replace("TABLE", str(toy_file)))
    run_study(plan(load_study(tmp_path / "several.toml")), tmp_path / "out")
    several = load(tmp_path / "out")
    card = several.manifest.benchmarks["toy"]
    table = weaknas.benchmark(str(toy_file), objective="valid_acc,params")
    points = table.evaluate(table.space.rows).scores
    assert card.tradeoff.reference == [0.0, points[:, 1].max()]
    assert len(several.frame) == 2 * 3 * 30
    assert several.frame["params"].notna().all()
    assert {tuple(point) for point in card.tradeoff.front} == {tuple(p) for p in points[front(points * [1, -1])]}
    page = write_report(several, tmp_path / "report")
    shares = pd.read_csv(page.parent / "tables/toy-tradeoff-share.csv")
    assert shares["queries"].tolist() == [10, 10, 30, 30]
    assert shares["mean"].between(0, 1).all()
    assert "99% of the true hypervolume" in page.read_text()
    assert "toy-tradeoff-fronts.png" in page.read_text()
