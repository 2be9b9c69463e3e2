import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaknas_experiments.statistics.intervals import bootstrap, interquartile_mean, median, share

VALUES = st.lists(st.integers(-100, 100), min_size=2, max_size=20)


def test_the_interquartile_mean_is_that_of_the_middle_half():
    assert interquartile_mean([100, 1, 2, 3, 4, 5, 6, -100]) == pytest.approx(3.5)


def test_wilsons_interval():
    found = share(8, 10)  # (0.4902, 0.9433), Agresti & Coull 1998
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.4902, 0.9433), abs=1e-4)
    assert share(0, 10).low == 0
    assert share(10, 10).high == 1


def test_the_bootstrap_interval_of_a_mean_is_about_two_standard_errors():
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = bootstrap(values)
    error = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.02)


@given(VALUES)
def test_a_mean_lies_in_its_interval_and_moves_with_the_values(values):
    found, moved = bootstrap(values), bootstrap(np.array(values) + 7)
    assert min(values) <= found.low <= found.high <= max(values)
    np.testing.assert_allclose(moved, np.array(found) + 7, atol=1e-9)


def test_columns_are_resampled_together_and_a_gap_leaves_its_column_alone():
    values = np.random.default_rng(0).normal(size=(20, 3))
    values[4, 1] = np.nan
    found = bootstrap(values)
    assert np.isnan([found.low[1], found.high[1]]).all()
    for column in (0, 2):
        alone = bootstrap(values[:, column])
        np.testing.assert_allclose((found.low[column], found.high[column]), (alone.low, alone.high))


@pytest.mark.parametrize("shape", [(2,), (30,), (30, 5)])
def test_the_short_way_to_the_interval_of_a_mean_leads_to_the_same(shape):
    values = np.random.default_rng(2).normal(90, 3, shape)
    np.testing.assert_allclose(bootstrap(values), bootstrap(values, lambda part, axis: part.mean(axis)), rtol=1e-12)


def test_one_run_has_no_interval():
    found = bootstrap([3.0])
    assert found.value == 3
    assert np.isnan([found.low, found.high]).all()


def test_the_median_counts_failures_as_infinite():
    found = median([1, 2, 3, 4, 5, 6, 7, np.inf, np.inf, np.inf])
    assert found.value == 5.5
    assert (found.low, found.high) == (2, np.inf)  # order statistics 2 and 9 of 10: 97.9 %
    assert median([1, 2, np.inf, np.inf, np.inf, np.inf]).value == np.inf
    assert median([1, 2, 3, np.inf, np.inf, np.inf]).value == 3  # half of them need at most so many
    assert np.isnan(median([1, 2, 3]).low)
