import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption, InvalidTable
from weaknas.spaces import Choices, NasBench201
from weaknas_benchmarks.table import Table

SPACE = Choices({"a": ["x", "y"], "b": ["1", "2", "3"]})


@pytest.fixture
def frame():
    return pd.DataFrame({"arch": SPACE.to_str(SPACE.enumerate()), "valid_acc": np.arange(6) * 10.0})


def table(frame, **options):
    return Table.from_frame(frame, SPACE, **options)


def test_evaluate_gives_the_objective_and_its_cost_in_the_order_asked(toy, toy_frame):
    batch = toy.space.sample(50, np.random.default_rng(0))
    measured = toy.evaluate(batch)
    rows = toy_frame.set_index("arch").loc[toy.space.to_str(batch)]
    np.testing.assert_array_equal(measured.scores, rows["valid_acc"])
    np.testing.assert_array_equal(measured.train_seconds, 100)
    assert not measured.estimated
    singles = [toy.evaluate(batch[i : i + 1]).scores[0] for i in range(50)]
    np.testing.assert_array_equal(measured.scores, singles)


@pytest.mark.parametrize(
    ("given", "space"), [(None, SPACE), ([1], SPACE), ({"arch": ["x;1"]}, SPACE), (SPACE, None), (None, "nasbench201")]
)
def test_what_is_no_frame_or_no_space_is_refused(given, space):
    with pytest.raises(InvalidOption, match=r"data frame of pandas|takes a frame and a space"):
        Table.from_frame(given, space)


def test_searching_on_test_is_labelled(toy_frame):
    bench = Table.from_frame(toy_frame, NasBench201(), objective="test")
    result = weaknas.search(bench, weaknas.strategy("random", bench.space), 20)
    assert result.objective == "test_acc"
    assert result.history["valid_acc"].isna().all()
    assert result.best.test == result.history["test_acc"].max()
    assert "sees test accuracy" in bench.note


def test_the_report_has_the_means_and_the_optimum(toy_frame):
    bench = Table.from_frame(toy_frame, NasBench201(), run=0)
    report = bench.report(bench.space.rows[:5])
    np.testing.assert_array_equal(report.valid, toy_frame["valid_acc"][:5])
    np.testing.assert_array_equal(report.test, toy_frame["test_acc"][:5])
    assert report.optimum.valid == toy_frame["valid_acc"].max()


def test_what_is_not_known_is_nan(frame):
    report = table(frame).report(SPACE.enumerate())
    assert np.isnan(report.test).all()
    assert np.isnan(report.optimum.test)
    assert report.optimum.valid == 50
    assert np.isnan(table(frame).evaluate(SPACE.enumerate()).train_seconds).all()


def test_the_space_is_what_the_table_holds(frame):
    bench = table(frame[1:4])
    assert bench.space.size == 3
    with pytest.raises(InvalidArchitecture, match="not among the 3 architectures"):
        bench.evaluate(SPACE.enumerate())


def test_in_the_raw_universe_an_absent_architecture_is_a_failed_evaluation(frame):
    bench = table(frame[1:4], universe="raw")
    assert bench.space is SPACE
    scores = bench.evaluate(SPACE.enumerate()).scores
    np.testing.assert_array_equal(scores, [np.nan, 10, 20, 30, np.nan, np.nan])
    np.testing.assert_array_equal(np.isnan(bench.report(SPACE.enumerate()).valid), np.isnan(scores))
    result = weaknas.search(bench, weaknas.strategy("random", bench.space), 6)
    assert result.best.valid == 30


def test_what_is_free_to_know_is_no_score_and_no_cost_of_training(toy, toy_frame):
    rows = toy.space.rows[:9]
    np.testing.assert_array_equal(toy.space.free_to_know("params", rows), toy_frame["params"][:9])
    for name in ("valid_acc", "test_acc", "train_seconds", "nope"):
        with pytest.raises(InvalidOption, match=f"does not know '{name}'; it knows params"):
            toy.space.free_to_know(name, rows)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f.assign(valid_acc=f["valid_acc"] * 3), InvalidTable, "percent, 0 to 100, not 0.0 to 150.0"),
        (lambda f: f.assign(valid_acc=-f["valid_acc"]), InvalidTable, "percent"),
        (lambda f: f.assign(valid_acc=np.nan), InvalidOption, "not known for 6 of 6 rows, x;1 the first"),
        (lambda f: f.drop(columns="valid_acc"), InvalidOption, "has no valid_acc; it has no such"),
        (lambda f: f.assign(arch="x;1"), InvalidArchitecture, "x;1 is listed twice"),
        (lambda f: f.assign(arch="z;1"), InvalidArchitecture, "'z;1' is not an architecture"),
        (lambda f: f[:0], InvalidArchitecture, "at least one"),
    ],
)
def test_a_frame_that_is_no_table_is_refused(frame, change, error, message):
    with pytest.raises(error, match=message):
        table(change(frame))


@pytest.mark.parametrize("options", [{"run": "first"}, {"run": True}, {"run": 0.5}, {"universe": "all"}])
def test_options_outside_their_range_are_refused(frame, options):
    with pytest.raises(InvalidOption, match=r"not "):
        table(frame, **options)


def test_an_objective_that_is_no_metric_is_refused(frame):
    for objective in ("both", "valid,both", "", [], ["valid", 3]):
        with pytest.raises(InvalidOption, match=r"objective"):
            table(frame, objective=objective)
    with pytest.raises(InvalidOption, match="name the same metric twice"):
        table(frame, objective="valid,valid_acc")
