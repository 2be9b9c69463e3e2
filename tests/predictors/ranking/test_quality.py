import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from weaknas_predictors.ranking.quality import quality

TRUTH = np.random.default_rng(0).normal(90, 2, 2000)


def test_the_truth_ranks_perfectly():
    found = quality(TRUTH, TRUTH)
    assert found[:3] == pytest.approx((1, 1, 1))
    assert (found.best_rank, found.precision_top, found.picked_rank) == (1, 1, 1)
    assert found.regret_top == pytest.approx(TRUTH.max() - np.sort(TRUTH)[-100:].mean())


def test_the_opposite_ranks_worst():
    found = quality(-TRUTH, TRUTH)
    assert found[:3] == pytest.approx((-1, -1, -1))
    assert (found.best_rank, found.precision_top, found.picked_rank) == (2000, 0, 1991)


@given(scale=st.floats(0.1, 10), shift=st.floats(-5, 5), seed=st.integers(0, 99))
def test_only_the_order_matters(scale, shift, seed):
    predicted = TRUTH + np.random.default_rng(seed).normal(0, 2, len(TRUTH))
    assert quality(scale * predicted + shift, TRUTH) == pytest.approx(quality(predicted, TRUTH))


def test_a_constant_predictor_has_no_correlation():
    found = quality(np.full(2000, 7.0), TRUTH)
    assert found[:3] == (0, 0, 0)
    assert found.precision_top < 0.2


def test_one_of_several_best_is_enough():
    truth = np.array([1.0, 5.0, 5.0, 2.0])
    assert quality(np.array([0.0, 1.0, 3.0, 2.0]), truth).best_rank == 1
