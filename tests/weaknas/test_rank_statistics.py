"""Statistics of ranking: what they do not depend on, and what their intervals are of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weaknas.errors import InvalidOption
from weaknas.rank_statistics import among_best, mean_rank, nested_bootstrap, partial_tau, tau, tau_top

values = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).normal(size=(2, 40)))


@given(values)
@settings(max_examples=30)
def test_tau_turns_with_the_scores_and_knows_order_only(drawn):
    scores, truth = drawn
    assert tau(-scores, truth) == pytest.approx(-tau(scores, truth))
    assert tau(np.exp(scores), truth**3) == tau(scores, truth) == pytest.approx(tau(truth, scores))
    assert tau(truth, truth) == 1


def test_tau_is_that_of_pairs_by_hand():
    assert tau([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(4 / 6)
    assert tau([1, 1, 2], [1, 2, 3]) == pytest.approx(2 / np.sqrt(2 * 3))  # tau-b: a tied pair counts in one root
    assert tau([5, 5, 5], [1, 2, 3]) == tau([1], [1]) == tau([1, 2], [3, 3]) == 0


def test_failed_evaluations_rank_last_and_alike():
    assert tau([np.nan, 1, 2, np.nan], [1, 3, 4, 2]) == tau([-7, 1, 2, -7], [1, 3, 4, 2])
    assert tau([-np.inf, 1, np.inf], [1, 2, 3]) == 1


def test_the_best_are_those_of_the_truth():
    truth = np.arange(100.0)
    assert np.flatnonzero(among_best(truth)).tolist() == list(range(80, 100))
    assert among_best(np.repeat([1.0, 2.0], [90, 10])).all()  # ties with the quantile are in
    scores = np.where(truth < 80, truth, -truth)
    assert tau_top(scores, truth) == -1
    assert tau_top(scores, truth, share=1.0) == tau(scores, truth) > 0
    assert tau_top(np.where(truth < 80, -truth, truth), truth) == 1


def test_what_goes_by_cost_alone_is_worth_nothing_at_equal_cost():
    rng = np.random.default_rng(0)
    cost = rng.integers(0, 8, 400).astype(float)
    rest = rng.normal(size=400)
    truth = cost + 0.5 * rest
    assert tau(cost, truth) > 0.7
    assert partial_tau(cost, truth, cost) == 0
    assert partial_tau(rest, truth, cost) == 1 > tau(rest, truth)
    order = rng.permutation(400)
    assert partial_tau(truth[order] + rest[order], truth[order], cost[order], bins=3) == pytest.approx(
        partial_tau(truth + rest, truth, cost, bins=3)
    )


def test_partial_tau_weighs_bins_by_their_pairs():
    truth, cost = np.array([1.0, 2, 1, 2, 3]), np.array([0.0, 0, 1, 1, 1])
    assert partial_tau([2, 1, 1, 2, 3], truth, cost) == pytest.approx((1 * -1 + 3 * 1) / 4)
    assert partial_tau([1, 2, 3], [1, 2, 3], [1, 2, 3]) == 0  # no two cost the same
    assert partial_tau([1, 2, 3], [1, 2, 3], [1, 2, 3], bins=1) == 1


@given(values)
@settings(max_examples=6)
def test_an_interval_holds_its_estimate_and_follows_from_its_seed(drawn):
    noise, truth = drawn
    scores = {"good": np.stack([truth + noise, truth - noise]), "fixed": noise}
    found = nested_bootstrap(scores, truth, resamples=40)
    assert found == nested_bootstrap(scores, truth, resamples=40)
    assert found != nested_bootstrap(scores, truth, resamples=40, seed=1)
    for interval in (*found.schemes.values(), *found.differences.values()):
        assert interval.low <= interval.value <= interval.high
    assert found.schemes["good"].value == pytest.approx(np.mean([tau(one, truth) for one in scores["good"]]))
    assert list(found.differences) == [("good", "fixed")]
    assert found.differences["good", "fixed"].value == pytest.approx(
        found.schemes["good"].value - found.schemes["fixed"].value
    )


@given(values)
@settings(max_examples=6)
def test_the_same_scores_do_not_differ(drawn):
    scores, truth = drawn
    found = nested_bootstrap({"once": scores, "again": scores[None]}, truth, resamples=10)
    assert found.differences["once", "again"] == (0, 0, 0)
    assert found.schemes["once"] == found.schemes["again"]


def test_supernets_that_disagree_widen_the_interval_and_more_of_them_narrow_it():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    seeds = truth + np.tile([[0.5], [2.0]], (8, 1)) * rng.normal(size=(16, 200))  # every other supernet is worse

    def width(count, statistic=tau):
        groups = {"scheme": seeds[:count]}
        interval = nested_bootstrap(groups, truth, statistic=statistic, resamples=100).schemes["scheme"]
        return interval.high - interval.low

    assert width(1) < width(16) < width(4)
    assert width(4, tau_top) > width(4)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: tau([1, 2], [1, 2, 3]), r"scores of shape \(2,\) cannot be compared with a truth of shape \(3,\)"),
        (lambda: tau([1, 2, 3], [1, np.nan, 3]), "the truth of 1 of 3 architectures is not a number"),
        (lambda: partial_tau([1, 2], [1, 2], [1, np.nan]), "of 1 of 2 architectures is not a number"),
        (lambda: nested_bootstrap({}, [1, 2]), "takes the scores of one supernet at least"),
        (lambda: nested_bootstrap({"none": np.zeros((0, 2))}, [1, 2]), "takes the scores of one supernet at least"),
        (lambda: nested_bootstrap({"a": [1, 2], "b": [1, 2, 3]}, [1, 2]), "cannot be compared"),
    ],
)
def test_refusals_are_one_sentence(use, message):
    with pytest.raises(InvalidOption, match=message):
        use()


def test_the_mean_rank_is_of_each_supernet_alone():
    column, supernets = [1.0, 5.0, 3.0], [[3.0, 2.0, 1.0], [1.0, np.nan, 1.0]]
    assert mean_rank(supernets, column).tolist() == [[2.0, 2.5, 1.5], [1.75, 2.0, 2.25]]
    assert mean_rank(column).tolist() == [1.0, 3.0, 2.0]
    with pytest.raises(InvalidOption, match="of different architectures"):
        mean_rank(column, [1.0, 2.0])


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=20))
def test_the_mean_rank_does_not_depend_on_scales(values):
    scores = np.array(values, float)
    np.testing.assert_allclose(mean_rank(scores, -scores), mean_rank(np.exp(scores), -3 * scores))
    assert tau(mean_rank(scores, scores), scores) == pytest.approx(tau(scores, scores))
