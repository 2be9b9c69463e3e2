import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from weaknas.pareto import crowding, front, ranks


def clouds(*special):
    """Few different numbers, so that many are equal, and some special ones."""
    elements = st.integers(0, 5).map(float)
    if special:
        elements = st.one_of(elements, elements, st.sampled_from(special))
    return st.integers(1, 4).flatmap(
        lambda k: st.integers(0, 25).flatmap(lambda n: arrays(np.float64, (n, k), elements=elements))
    )


points = clouds(np.nan, np.inf, -np.inf)


def dominated(points):
    better = (points[:, None] >= points).all(-1) & (points[:, None] > points).any(-1)
    return better.any(0)


def whole(points):
    return ~np.isnan(points).any(axis=1)


def uncrowded(points):
    """The crowding distance by its definition, one point and one objective after the other."""
    distance = [0.0] * len(points)
    if len(points) <= 2:
        return [np.inf] * len(points)
    for column in points.T.tolist():
        finite = [value for value in column if np.isfinite(value)] or [0.0]
        span = max(finite) - min(finite) or 1.0
        order = sorted(range(len(column)), key=column.__getitem__)
        if column[order[0]] == column[order[-1]]:
            continue
        for index, i in enumerate(order):
            if index in (0, len(order) - 1):
                distance[i] = np.inf
            else:
                behind, ahead = column[order[index - 1]], column[order[index + 1]]
                distance[i] += 0 if ahead == behind else (ahead - behind) / span
    return distance


@given(points)
def test_the_front_is_what_nothing_dominates(values):
    np.testing.assert_array_equal(front(values), whole(values) & ~dominated(values))


@given(points)
def test_ranks_peel_fronts_and_leave_missing_numbers_to_the_last(values):
    found = ranks(values)
    for level in range(found[whole(values)].max(initial=-1) + 1):
        left = found >= level
        np.testing.assert_array_equal(found[left] == level, front(values[left]))
    assert (found[~whole(values)] > found[whole(values)].max(initial=0)).all()
    assert len(set(found[~whole(values)].tolist())) <= 1


@given(points, st.integers(1, 10))
def test_ranking_stops_when_enough_are_ranked(values, enough):
    some, every = ranks(values, enough), ranks(values)
    assert (some <= every).all()
    settled = every < some.max(initial=0)
    np.testing.assert_array_equal(some[settled], every[settled])
    if (some != every).any():
        assert settled.sum() >= enough


@given(clouds(np.inf, -np.inf))
def test_crowding_is_the_share_of_the_span_between_the_neighbours(values):
    np.testing.assert_allclose(crowding(values), uncrowded(values))


@given(clouds(np.nan, np.inf, -np.inf, 1e308, -1e308))
def test_no_crowding_distance_is_missing(values):
    distance = crowding(values)
    assert (distance >= 0).all()
    assert (distance[~whole(values)] == 0).all()
    np.testing.assert_array_equal(distance[whole(values)], crowding(values[whole(values)]))


def test_the_ends_of_a_front_are_not_crowded():
    values = np.array([[0.0, 4.0], [1.0, 3.0], [1.1, 2.9], [4.0, 0.0]])
    distance = crowding(values)
    assert np.isinf(distance[[0, 3]]).all()
    assert distance[1] < distance[2] < np.inf


def test_a_missing_number_dominates_nothing_and_is_not_optimal():
    values = np.array([[1, 2], [3, np.nan], [2, 1]])
    assert front(values).tolist() == [True, False, True]
    assert ranks(values).tolist() == [0, 1, 0]
    assert ranks(values * np.nan).tolist() == [1, 1, 1]


@pytest.mark.parametrize("others", [0.0, 7.0])
def test_large_numbers_do_not_hide_small_ones(others):
    values = np.array([[1e300, 1, others], [1e300, 2, others], [-np.inf, np.inf, others]])
    assert front(values).tolist() == [False, True, True]
