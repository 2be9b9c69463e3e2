import hypothesis.strategies as st
import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import arrays

from weaknas.strategies.pareto import crowding, front, ranks

points = st.integers(1, 3).flatmap(
    lambda k: st.integers(1, 25).flatmap(lambda n: arrays(np.float64, (n, k), elements=st.integers(0, 5)))
)


def dominated(points):
    better = (points[:, None] >= points).all(-1) & (points[:, None] > points).any(-1)
    return better.any(0)


@given(points)
def test_the_front_is_what_nothing_dominates(values):
    np.testing.assert_array_equal(front(values), ~dominated(values))


@given(points)
def test_ranks_peel_fronts(values):
    found = ranks(values)
    for level in range(found.max() + 1):
        left = found >= level
        np.testing.assert_array_equal(found[left] == level, ~dominated(values[left]))


@given(points, st.integers(1, 10))
def test_ranking_stops_when_enough_are_ranked(values, enough):
    some, every = ranks(values, enough), ranks(values)
    assert (some <= every).all()
    settled = every < some.max()
    np.testing.assert_array_equal(some[settled], every[settled])
    if (some != every).any():
        assert settled.sum() >= enough


def test_the_ends_of_a_front_are_not_crowded():
    values = np.array([[0.0, 4.0], [1.0, 3.0], [1.1, 2.9], [4.0, 0.0]])
    distance = crowding(values)
    assert np.isinf(distance[[0, 3]]).all()
    assert distance[1] < distance[2] < np.inf
