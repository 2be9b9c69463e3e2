import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weaknas.measurements import Optimum
from weaknas.metrics import ACCURACY, Metric
from weaknas.table_file import write_table
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.report.writer import write_report
from weaknas_experiments.statistics import comparison, curves, optimum
from weaknas_experiments.study.manifest import MANIFEST
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.results_schema import improvements
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

SCORES = st.one_of(st.just(np.nan), st.integers(60, 66).map(float))


@st.composite
def runs(draw):
    """A run of any shape: failures, ties, lower fidelities, hits, top-1, a search on validation or on test."""
    size = draw(st.integers(1, 25))
    numbers = {name: draw(hnp.arrays(np.float64, size, elements=SCORES)) for name in ("valid", "test", "top1")}
    on_test = draw(st.booleans())
    fidelity = draw(hnp.arrays(np.int32, size, elements=st.sampled_from([-1, -1, -1, 12])))
    full = fidelity < 0
    seconds = draw(hnp.arrays(np.float64, size, elements=st.integers(1, 5).map(float)))
    return {
        "valid_acc": np.full(size, np.nan) if on_test else numbers["valid"],
        "test_acc": numbers["test"],
        "fidelity": fidelity,
        "top1_test": numbers["top1"],
        "hit_valid": (numbers["valid"] == 66) & full,
        "hit_test": (numbers["test"] == 66) & full,
        "cost": np.cumsum(np.where(full, 1.0, 0.25)),
        "spent_seconds": np.cumsum(seconds),
        "clock_seconds": np.cumsum(seconds) / 2,
    }, "test_acc" if on_test else "valid_acc"


def frame_of(columns):
    frame = pd.DataFrame(columns)
    frame["fidelity"] = frame.fidelity.where(frame.fidelity >= 0).astype(float)
    for name in ("hit_valid", "hit_test"):
        frame[name] = pd.array(frame[name], dtype="boolean")
    return frame.assign(benchmark="b", label="s", seed=0)


@settings(max_examples=50)
@given(runs())
def test_improvements_alone_give_the_same_statistics(drawn):
    columns, objective = drawn
    keep = improvements(columns, ACCURACY, objective)
    whole = frame_of(columns)
    kept = whole[keep].reset_index(drop=True)
    benchmarks = {"b": SimpleNamespace(metric=ACCURACY, objective=objective, best=Optimum(66.0, 66.0))}
    for target in ("valid", "test"):
        pd.testing.assert_frame_equal(optimum.hits(whole, target), optimum.hits(kept, target))
    first, second = curves.progress(whole, benchmarks), curves.progress(kept, benchmarks)
    assert whole.fidelity.isna().all() == kept.fidelity.isna().all()  # by which the costs are checked
    for axis in curves.AXES:
        places = np.linspace(0, 2 * first[axis].max(), 60)
        for measure in curves.MEASURES:
            ((_, one),) = curves.at(first, measure, axis, places).values()
            ((_, other),) = curves.at(second, measure, axis, places).values()
            np.testing.assert_array_equal(one, other)


MIXED = """
name = "mixed"
budget = 30
seeds = 4
stop = "budget"

[[benchmarks]]
name = "ACCURACIES"
label = "accuracies"

[[benchmarks]]
name = "LOSSES"
label = "losses"

[[strategies]]
name = "random"

[[strategies]]
name = "regularized-evolution"
options = { population = 8, sample = 4 }

[[strategies]]
name = "weaknas"
predictor = "ridge"
"""


@pytest.fixture
def mixed(toy_file, toy_frame, tmp_path):
    """A study of a table and of the same one with every value negated and to be small."""
    metric = Metric("loss", "nats", minimize=True)
    columns = {"arch": toy_frame["arch"], "loss": -toy_frame["valid_acc"], "test_loss": -toy_frame["test_acc"]}
    write_table(
        tmp_path / "losses.parquet",
        columns | {"train_seconds": toy_frame["train_seconds"]},
        {"space": "nasbench201", "metrics": [metric.card], "missing": "failed"},
    )
    text = MIXED.replace("ACCURACIES", str(toy_file)).replace("LOSSES", str(tmp_path / "losses.parquet"))
    (tmp_path / "mixed.toml").write_text(text)
    run_study(plan(load_study(tmp_path / "mixed.toml")), tmp_path / "out")
    return load(tmp_path / "out")


def test_no_statistic_depends_on_the_sign(mixed):
    """The same table with every value negated and to be small gives the same study."""
    cards = mixed.manifest.benchmarks
    assert [*mixed.frame.columns[10:14]] == ["valid_acc", "test_acc", "loss", "test_loss"]
    assert cards["losses"].metric == Metric("loss", "nats", minimize=True)
    assert (
        json.loads((mixed.directory / MANIFEST).read_text())["benchmarks"]["accuracies"].keys().isdisjoint({"metric"})
    )
    parts = [mixed.frame[mixed.frame["benchmark"] == name].reset_index(drop=True) for name in cards]
    assert parts[0]["valid_acc"].tolist() == (-parts[1]["loss"]).tolist()
    assert parts[0]["loss"].isna().all()
    for target in ("valid", "test"):
        tables = [optimum.summary(optimum.hits(part, target)).drop(columns="benchmark") for part in parts]
        pd.testing.assert_frame_equal(*tables)
    shown = curves.progress(mixed.frame, cards)
    pairs, ranks = [], []
    for name, sign in (("accuracies", 1), ("losses", -1)):
        reached = curves.at(shown[shown["benchmark"] == name], "honest", "queries", [30])
        values = comparison.scores(reached)
        pairs.append(comparison.in_unit(comparison.pairs(values), cards[name].metric).drop(columns="benchmark"))
        ranks.append(comparison.ranks(values).drop(columns="benchmark"))
        assert (np.sign(comparison.in_unit(comparison.summary(values), cards[name].metric)["mean"]) == sign).all()
    pd.testing.assert_frame_equal(*ranks)
    pd.testing.assert_frame_equal(pairs[0][["wins", "losses", "p_holm"]], pairs[1][["wins", "losses", "p_holm"]])
    np.testing.assert_allclose(pairs[0]["difference"], -pairs[1]["difference"])
    np.testing.assert_allclose(pairs[0]["difference_low"], -pairs[1]["difference_high"])


@pytest.mark.usefixtures("undrawn")
def test_a_report_and_a_board_say_what_was_measured(mixed, tmp_path):
    page = write_report(mixed, tmp_path / "report").read_text()
    assert "searches see loss; the best means: loss -" in page
    assert "queries to the best mean test loss" in page
    table = pd.read_csv(tmp_path / "report/tables/losses-accuracy-honest.csv")
    twin = pd.read_csv(tmp_path / "report/tables/accuracies-accuracy-honest.csv")
    np.testing.assert_allclose(table["mean_low"], -twin["mean_high"])
    shown = contents([mixed.directory])
    ours, theirs = (next(b for b in shown["benchmarks"] if b["name"] == n) for n in ("losses", "accuracies"))
    assert ours["metric"] == {"name": "loss", "unit": "nats", "minimize": True}
    for one, other in zip(ours["rows"], theirs["rows"], strict=True):
        assert one["hits"] == other["hits"]
        assert [triple[0] for triple in one["honest"]["at"]] == [-triple[0] for triple in other["honest"]["at"]]
        low, high = one["best"]["queries"][1:], other["best"]["queries"][1:]
        assert low == [[-value for value in values] for values in reversed(high)]
        assert one["found"]["valid"] == -other["found"]["valid"]
    assert ours["ranks"] == theirs["ranks"]
