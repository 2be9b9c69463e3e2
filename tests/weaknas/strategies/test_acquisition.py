import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy.stats import norm

from weaknas.strategies.acquisition import (
    ACQUISITIONS,
    expected_improvement,
    thompson,
    top,
    upper_confidence_bound,
)

RNG = np.random.default_rng(0)


@given(mu=st.floats(-5, 5), sd=st.floats(0.01, 3), best=st.floats(-5, 5))
def test_expected_improvement_is_the_mean_of_what_exceeds_the_best(mu, sd, best):
    z = np.linspace(-8, 8, 20_001)
    expected = np.trapezoid(np.maximum(mu + sd * z - best, 0) * norm.pdf(z), z)
    (found,) = expected_improvement(np.array([mu]), np.array([sd]), best, RNG)
    assert found == pytest.approx(expected, abs=1e-4)


def test_improvement_has_the_right_sign():
    mu = np.array([90.0, 91.0, 92.0, 90.0])
    sd = np.array([1.0, 1.0, 1.0, 3.0])
    value = expected_improvement(mu, sd, 91.5, RNG)
    assert value[2] > value[1] > value[0]
    assert value[3] > value[0]


def test_without_deviation_all_measures_are_the_mean():
    mu = np.array([90.0, 91.0, 92.0])
    for name, value in ACQUISITIONS.items():
        assert np.argmax(value(mu, np.zeros(3), 91.5, RNG)) == 2, name


def test_the_bound_rises_with_the_deviation_and_draws_spread_by_it():
    np.testing.assert_allclose(upper_confidence_bound(np.ones(2), np.array([0.0, 2.0]), 0, RNG), [1, 3])
    drawn = thompson(np.zeros(20_000), np.full(20_000, 2.0), 0, RNG)
    assert drawn.std() == pytest.approx(2, rel=0.05)
    assert drawn.mean() == pytest.approx(0, abs=0.1)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.integers(0, 40))
def test_top_is_a_stable_sort(scores, n):
    values = np.array(scores, dtype=float)
    best = top(values, n)
    assert sorted(values[best], reverse=True) == list(values[best])
    assert sorted(values, reverse=True)[:n] == list(values[best])
