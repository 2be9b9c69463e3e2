from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from weaknas.measurements import Optimum
from weaknas.metrics import ACCURACY
from weaknas_experiments.statistics.curves import at, bands, grid, progress


def run(seed=0, label="s", **columns):
    size = len(columns["valid_acc"])
    frame = pd.DataFrame(columns)
    extra = {"fidelity": np.nan, "top1_test": np.nan, "cost": np.arange(1.0, size + 1)}
    for name, value in extra.items():
        if name not in frame:
            frame[name] = value
    if "spent_seconds" not in frame:
        frame["spent_seconds"] = 3600.0 * frame.cost
    return frame.assign(benchmark="b", label=label, seed=seed)


BENCHMARKS = {"b": SimpleNamespace(metric=ACCURACY, objective="valid_acc", best=Optimum(99.0, 98.0))}
ON_TEST = {"b": SimpleNamespace(metric=ACCURACY, objective="test_acc", best=Optimum(99.0, 98.0))}
FIRST = run(valid_acc=[50.0, np.nan, 70.0, 70.0, 60.0], test_acc=[48.0, 80.0, 65.0, 71.0, 90.0])


def test_what_a_run_has_to_show():
    shown = progress(FIRST, BENCHMARKS)
    assert shown.best.tolist() == [50, 50, 70, 70, 70]
    assert shown.honest.tolist() == [48, 48, 65, 65, 65]  # the earlier of equals; never the best test
    assert shown.paper.tolist() == [48, 80, 80, 80, 90]
    assert shown.hours.tolist() == [1, 2, 3, 4, 5]
    assert not shown.settled.any()


def test_a_search_on_test_is_judged_by_what_it_saw():
    shown = progress(run(valid_acc=[np.nan, np.nan, np.nan], test_acc=[48.0, 50.0, 49.0]), ON_TEST)
    assert shown.best.tolist() == shown.honest.tolist() == [48, 50, 50]


def test_a_lower_fidelity_is_never_shown():
    low = run(valid_acc=[60.0, 90.0, 50.0], test_acc=[61.0, 91.0, 51.0], fidelity=[np.nan, 12.0, np.nan])
    shown = progress(low, BENCHMARKS)
    assert shown.honest.tolist() == shown.paper.tolist() == [61, 61, 61]


def test_curves_are_steps_that_end_with_the_run():
    values = at(progress(FIRST, BENCHMARKS), "honest", "queries", [0.5, 1, 2.9, 3, 5, 5.5, 6])
    (seeds, table) = values["b", "s"]
    assert seeds == [0]
    np.testing.assert_array_equal(table, [[np.nan, 48, 48, 65, 65, 65, np.nan]])


def test_a_run_that_cannot_change_any_more_goes_on():
    ended = run(valid_acc=[50.0, 99.0], test_acc=[48.0, 97.0])
    shown = progress(ended, BENCHMARKS)
    assert at(shown, "honest", "queries", [100.0])["b", "s"][1].tolist() == [[97]]
    assert at(shown, "best", "queries", [100.0])["b", "s"][1].tolist() == [[99]]
    assert np.isnan(at(shown, "paper", "queries", [100.0])["b", "s"][1]).all()
    noisy = run(valid_acc=[50.0, 99.5], test_acc=[48.0, 98.0])  # one run above the best mean: a better may come
    assert np.isnan(at(progress(noisy, BENCHMARKS), "honest", "queries", [100.0])["b", "s"][1]).all()
    assert at(progress(noisy, BENCHMARKS), "paper", "queries", [100.0])["b", "s"][1].tolist() == [[98]]


def test_a_band_is_where_all_runs_are_known():
    short = run(seed=1, valid_acc=[60.0, 80.0], test_acc=[58.0, 77.0])
    table = bands(progress(pd.concat([FIRST, short]), BENCHMARKS), "honest", "queries", [1, 2, 3])
    assert table["queries"].tolist() == [1, 2]
    assert table["mean"].tolist() == [(48 + 58) / 2, (48 + 77) / 2]
    assert (table.low <= table["mean"]).all()
    assert (table["mean"] <= table.high).all()
    assert table.runs.tolist() == [2, 2]


def test_unknown_training_times_give_no_curve_against_hours():
    unknown = run(valid_acc=[50.0, 60.0], test_acc=[48.0, 57.0], spent_seconds=[np.nan, np.nan])
    shown = progress(unknown, BENCHMARKS)
    assert not len(grid(shown, "hours"))
    assert not len(bands(shown, "honest", "hours", [1.0]))


def test_the_grid_begins_with_one_query_where_less_was_paid():
    shown = pd.DataFrame({"queries": [0.1, 0.4, 1.4, 3.0]})
    assert grid(shown, "queries").tolist() == [1, 2, 3]


def test_the_grid_is_of_whole_queries():
    places = grid(progress(FIRST, BENCHMARKS), "queries")
    assert places.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("measure", ["honest", "paper", "best"])
def test_nothing_is_known_of_a_run_whose_evaluations_failed(measure):
    failed = run(valid_acc=[np.nan, 60.0], test_acc=[np.nan, 57.0])
    table = at(progress(failed, BENCHMARKS), measure, "queries", [1, 2])["b", "s"][1]
    assert np.isnan(table[0, 0])
    assert not np.isnan(table[0, 1])
