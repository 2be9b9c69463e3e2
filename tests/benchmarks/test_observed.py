"""What a search sees of a table, by run and fidelity."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table
from weaknas_benchmarks.table_data import FrameData
from weaknas_benchmarks.wrappers import Noisy


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


def test_a_random_run_needs_single_runs(toy_frame):
    with pytest.raises(InvalidOption, match="no single runs of valid_acc; use run='mean'"):
        Table.from_frame(toy_frame[["arch", "valid_acc"]], NasBench201(), run="random")


def test_seconds_of_a_fidelity_are_those_recorded_or_else_its_share(toy_frame):
    frame = toy_frame.assign(valid_acc_e50=toy_frame["valid_acc_e12"], train_seconds_e12=7.0)
    bench = Table(FrameData(frame, {"space": "nasbench201", "epochs": 200}))
    for fidelity, seconds, estimated in ((12, 7.0, False), (50, 25.0, True), (None, 100.0, False)):
        measured = bench.evaluate(bench.space.rows[:3], fidelity)
        assert measured.train_seconds.tolist() == [seconds] * 3
        assert measured.estimated is estimated


def test_a_table_says_whether_its_fidelities_are_points_of_one_schedule(toy_frame):
    for card, resumable in (({}, False), ({"resumable": True}, True)):
        bench = Table(FrameData(toy_frame, {"space": "nasbench201", "epochs": 200, **card}))
        assert bench.resumable is Noisy(bench, 0.1).resumable is resumable
    assert weaknas.benchmark("digits").resumable  # its file says nothing, what is known of it does
