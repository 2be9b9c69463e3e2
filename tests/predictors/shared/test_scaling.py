import numpy as np
import pytest

from weaknas_predictors.shared.scaling import ColumnScale, ScoreScale, least_squares_line


def test_rare_bits_do_not_outweigh_the_rest():
    features = np.zeros((100, 4))
    features[:1, 0], features[:50, 1], features[:, 2], features[:, 3] = 1, 1, np.arange(100), 3
    rare, even, number, constant = ColumnScale.of(features)(features).std(axis=0)
    assert 0.3 < rare < even < number == pytest.approx(1)
    assert constant == 0


def test_constant_scores_have_no_scale():
    assert ScoreScale.of(np.full(9, 0.1)).scale == 1


def test_line_keeps_the_order():
    assert least_squares_line([1.0, 2.0, 3.0], np.array([10.0, 12.0, 14.0])) == pytest.approx((2, 8))
    assert least_squares_line([1.0, 2.0], np.array([5.0, 3.0])) == (0, 4)
    assert least_squares_line([7.0], np.array([5.0])) == (0, 5)
