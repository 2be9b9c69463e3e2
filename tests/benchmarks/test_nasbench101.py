import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas
from weaknas.errors import InvalidOption
from weaknas.table_file import TableFile
from weaknas_benchmarks.nasbench101 import DIVERGED, emulate

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def nasbench101(nasbench101_file):
    return weaknas.benchmark("nasbench101")


@pytest.fixture(scope="module")
def columns(nasbench101_file):
    table = TableFile(nasbench101_file)
    return table.numbers("test_acc"), table.numbers("valid_acc_run0")


@pytest.mark.parametrize("run", [0, 1, 2])
def test_emulated_validation_is_as_noisy_as_the_measured_one(columns, run):
    test, valid = columns
    known = ~np.isnan(valid)
    assert known.sum() == 30_001
    emulated = emulate(test, valid, run)
    measured = spearmanr(valid[known], test[known])[0]
    assert measured == pytest.approx(0.986, abs=5e-4)
    assert spearmanr(emulated[known], test[known])[0] == pytest.approx(measured, abs=1e-3)
    assert spearmanr(emulated, test)[0] == pytest.approx(measured, abs=1e-3)
    top = known & (test > 92)
    spread = [np.subtract(*np.quantile(v[top] - test[top], [0.75, 0.25])) for v in (valid, emulated)]
    assert spread[1] == pytest.approx(spread[0], rel=0.05)
    assert emulated.max() < 95.6


def test_emulated_validation_is_what_its_definition_says(columns):
    test, valid = columns
    emulated = emulate(test, valid, 0)
    known = np.flatnonzero(~np.isnan(valid))
    rng = np.random.default_rng(0)
    healthy = rng.choice(np.flatnonzero(test >= DIVERGED), 100)
    for row in [*healthy, *rng.choice(np.flatnonzero(test < DIVERGED), 100)]:
        distance = np.abs(test[known] - test[row])
        nearest = known[distance <= np.sort(distance)[199]]
        shift = test[row] - test[nearest] if test[row] >= DIVERGED else 0
        assert np.isclose(np.round(valid[nearest] + shift, 2), emulated[row]).any()


def test_emulated_validation_is_frozen(columns):
    """One definition for all time: these numbers never change."""
    emulated = [emulate(*columns, run)[[0, 1, 4789, 211_812, 423_623]].tolist() for run in (0, 1)]
    assert emulated == [[93.58, 89.17, 94.79, 90.01, 88.57], [92.63, 89.6, 95.13, 90.04, 88.17]]


def test_a_query_of_nasbench101_sees_the_emulated_run(nasbench101, columns):
    batch = nasbench101.space.rows
    np.testing.assert_array_equal(nasbench101.evaluate(batch).scores, emulate(*columns, 0))
    random = weaknas.benchmark("nasbench101", run="random", seed=5).evaluate(batch).scores
    runs = np.stack([emulate(*columns, run) for run in range(3)])
    assert (runs == random).any(0).all()
    mean = weaknas.benchmark("nasbench101", run="mean").evaluate(batch).scores
    np.testing.assert_allclose(mean, runs.mean(0))


def test_nasbench101_on_test_is_allowed_and_labelled(nasbench101, columns):
    bench = weaknas.benchmark("nasbench101", objective="test")
    np.testing.assert_array_equal(bench.evaluate(bench.space.rows).scores, columns[0])
    assert "sees test accuracy" in bench.note


def test_measured_validation_restricts_nasbench101_to_what_was_measured(columns):
    bench = weaknas.benchmark("nasbench101", validation="measured")
    assert bench.space.size == 30_001
    known = ~np.isnan(columns[1])
    np.testing.assert_array_equal(bench.evaluate(bench.space.rows).scores, columns[1][known])
    assert not bench.evaluate(bench.space.rows).estimated
    assert bench.evaluate(bench.space.rows, fidelity=12).scores.max() < 88
    with pytest.raises(InvalidOption, match="'emulated' or 'measured'"):
        weaknas.benchmark("nasbench101", validation="both")


def test_training_time_of_nasbench101_is_recorded_or_estimated(nasbench101, nasbench101_file):
    measured = nasbench101.evaluate(nasbench101.space.rows)
    recorded = TableFile(nasbench101_file).numbers("train_seconds_run0")
    known = ~np.isnan(recorded)
    assert measured.estimated
    np.testing.assert_array_equal(measured.train_seconds[known], recorded[known])
    assert np.isfinite(measured.train_seconds).all()
    assert measured.train_seconds[~known].mean() == pytest.approx(recorded[known].mean(), rel=0.05)


def test_another_matrix_of_a_cell_is_that_cell(nasbench101):
    space = nasbench101.space.base
    batch = space.sample(200, np.random.default_rng(1))
    index = nasbench101.space.index(batch)
    np.testing.assert_array_equal(space.key(nasbench101.space.rows[index]), space.key(batch))


@pytest.mark.parametrize("strategy", ["random", "regularized-evolution", "weaknas"])
def test_search_on_nasbench101(nasbench101, strategy):
    result = weaknas.search(nasbench101, weaknas.strategy(strategy, nasbench101.space, seed=0), 70)
    assert len(result.history) == 70
    assert result.best.valid > 93.5
    assert np.isfinite(result.best.simulated_hours)
    assert result.best.estimated


def test_mutants_of_a_listed_cell_are_all_that_one_edit_leads_to(nasbench101_file):
    space = weaknas.benchmark("nasbench101").space
    rng = np.random.default_rng(0)
    for cell in space.sample(3, rng)[:, None]:
        mutants = set(space.index(space.mutate(np.repeat(cell, 1000, axis=0), rng)))
        near = set(space.index(space.neighbors(cell)))
        assert mutants <= near
        assert len(mutants) > 0.8 * len(near) > 10


def test_a_single_run_of_test_accuracy_that_is_not_known_is_refused(nasbench101_file):
    for run in (0, 1, "random"):
        with pytest.raises(InvalidOption, match="knows the mean test accuracy of its runs only, not run="):
            weaknas.benchmark("nasbench101", objective="test", run=run)
    assert weaknas.benchmark("nasbench101", objective="test").run == "mean"
    assert weaknas.benchmark("nasbench101").run == 0
