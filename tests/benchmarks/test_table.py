import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption, InvalidTable, NotFound
from weaknas.spaces import Choices, NasBench201
from weaknas_benchmarks.card import space_of
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


def test_a_run_is_that_run(toy_frame):
    bench = Table.from_frame(toy_frame, NasBench201(), run=1)
    np.testing.assert_array_equal(bench.evaluate(bench.space.rows).scores, toy_frame["valid_acc_run1"])


def test_a_run_that_is_not_known_for_every_row_is_refused(toy_frame):
    with pytest.raises(InvalidOption, match=r"valid_acc_run2 is not known for 7,813 of 15,625 rows"):
        Table.from_frame(toy_frame, NasBench201(), run=2)
    with pytest.raises(InvalidOption, match=r"has no valid_acc_run9; it has valid_acc, valid_acc_e12, valid_acc_run0"):
        Table.from_frame(toy_frame, NasBench201(), run=9)


def test_a_random_run_is_drawn_once_per_architecture_and_seed_among_the_known(toy_frame):
    benches = [Table.from_frame(toy_frame, NasBench201(), run="random", seed=seed) for seed in (0, 0, 1)]
    batch = benches[0].space.rows
    scores = [bench.evaluate(batch).scores for bench in benches]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert (scores[0] != scores[2]).mean() > 0.4
    runs = toy_frame[[f"valid_acc_run{k}" for k in range(3)]].to_numpy()
    chosen = runs == scores[0][:, None]
    assert chosen.any(1).all()
    shares = chosen[1::2].mean(0)  # all three runs are known
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)
    np.testing.assert_allclose(chosen[::2].mean(0), [0.5, 0.5, 0], atol=0.03)


def test_rows_with_one_run_only_are_counted_in_the_note(toy_frame):
    frame = toy_frame.copy()
    frame.loc[:99, "valid_acc_run1"] = np.nan
    bench = Table.from_frame(frame, NasBench201(), run="random")
    assert bench.note == "50 of 15,625 rows have one known run only"
    assert Table.from_frame(frame, NasBench201()).note == ""


def test_a_lower_fidelity_costs_its_share_and_says_that_it_is_estimated(toy_frame):
    bench = Table.from_frame(toy_frame, NasBench201())
    bench.card["epochs"] = 200
    batch = bench.space.rows[:7]
    low = bench.evaluate(batch, fidelity=12)
    np.testing.assert_array_equal(low.scores, toy_frame["valid_acc_e12"][:7])
    np.testing.assert_allclose(low.train_seconds, 100 * 12 / 200)
    assert low.estimated
    assert not bench.evaluate(batch).estimated
    full = bench.evaluate(batch, fidelity=200)
    np.testing.assert_array_equal(full.scores, bench.evaluate(batch).scores)
    assert not full.estimated
    with pytest.raises(InvalidOption, match="has no valid_acc_e13"):
        bench.evaluate(batch, fidelity=13)
    default = Table.from_frame(toy_frame, NasBench201(), fidelity=12)
    np.testing.assert_array_equal(default.evaluate(batch).scores, low.scores)


def test_searching_on_test_is_labelled(toy_frame):
    bench = Table.from_frame(toy_frame, NasBench201(), objective="test")
    result = weaknas.search(bench, weaknas.strategy("random", bench.space), 20)
    assert result.objective == "test_acc"
    assert result.history["valid_acc"].isna().all()
    assert result.best.test_acc == result.history["test_acc"].max()
    assert "sees test accuracy" in bench.note


def test_the_report_has_the_means_and_the_optimum(toy_frame):
    bench = Table.from_frame(toy_frame, NasBench201(), run=0)
    report = bench.report(bench.space.rows[:5])
    np.testing.assert_array_equal(report.valid_acc, toy_frame["valid_acc"][:5])
    np.testing.assert_array_equal(report.test_acc, toy_frame["test_acc"][:5])
    assert report.optimum.valid_acc == toy_frame["valid_acc"].max()


def test_what_is_not_known_is_nan(frame):
    report = table(frame).report(SPACE.enumerate())
    assert np.isnan(report.test_acc).all()
    assert np.isnan(report.optimum.test_acc)
    assert report.optimum.valid_acc == 50
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
    np.testing.assert_array_equal(np.isnan(bench.report(SPACE.enumerate()).valid_acc), np.isnan(scores))
    result = weaknas.search(bench, weaknas.strategy("random", bench.space), 6)
    assert result.best.valid_acc == 30


def test_features_are_what_is_free_to_know(toy, toy_frame):
    free = toy.features(["params"])
    np.testing.assert_array_equal(free(toy.space.rows[:9])[:, 0], toy_frame["params"][:9])
    for name in ("valid_acc", "test_acc", "train_seconds", "nope"):
        with pytest.raises(InvalidOption, match=f"no feature '{name}'; it has params"):
            toy.features([name])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda f: f.assign(valid_acc=f["valid_acc"] * 3), InvalidTable, "percent, 0 to 100, not 0.0 to 150.0"),
        (lambda f: f.assign(valid_acc=-f["valid_acc"]), InvalidTable, "percent"),
        (lambda f: f.assign(valid_acc=np.nan), InvalidOption, "not known for 6 of 6 rows, x;1 the first"),
        (lambda f: f.assign(valid_acc="high"), InvalidTable, "does not hold numbers"),
        (lambda f: f.drop(columns="valid_acc"), InvalidOption, "has no valid_acc; it has no such"),
        (lambda f: f.drop(columns="arch"), InvalidTable, "no column arch"),
        (lambda f: f.assign(arch="x;1"), InvalidArchitecture, "x;1 is listed twice"),
        (lambda f: f.assign(arch="z;1"), InvalidArchitecture, "'z;1' is not an architecture"),
        (lambda f: f[:0], InvalidArchitecture, "at least one"),
    ],
)
def test_a_frame_that_is_no_table_is_refused(frame, change, error, message):
    with pytest.raises(error, match=message):
        table(change(frame))


@pytest.mark.parametrize(
    "options", [{"run": "first"}, {"run": True}, {"run": 0.5}, {"objective": "both"}, {"universe": "all"}]
)
def test_options_outside_their_range_are_refused(frame, options):
    with pytest.raises(InvalidOption, match=r"not "):
        table(frame, **options)


def test_a_random_run_needs_single_runs(frame):
    with pytest.raises(InvalidOption, match="no single runs of valid_acc; use run='mean'"):
        table(frame, run="random")


def test_the_card_names_or_lists_the_space():
    assert space_of({"space": "nasbench201"}).name == "nasbench201"
    assert space_of({"space": {"a": ["1"]}, "benchmark": "mine"}).name == "mine"
    with pytest.raises(NotFound, match="no space named 'nasbench'; did you mean nasbench"):
        space_of({"space": "nasbench"})
    with pytest.raises(InvalidTable, match="does not say which space"):
        space_of({})
