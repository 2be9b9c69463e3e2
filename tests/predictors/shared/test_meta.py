"""Predictors made of predictors."""

import inspect

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

import weaknas
from weaknas import WeaknasError
from weaknas.scoring import encoding_of
from weaknas.spaces import NasBench201

COMBINATORS = ["clip-below-median", "ensemble", "multi-fidelity", "rank-transform", "warm-start"]
every = pytest.mark.parametrize("name", COMBINATORS)


class Wants(LinearRegression):
    encodings = ("nothing-has-this", "counts")


@every
def test_a_name_and_an_object_are_the_same(name, data):
    train, scores, rest, _ = data
    by_name = weaknas.predictor(f"{name}:mlp", random_state=0)
    by_object = weaknas.predictor(name, member=weaknas.predictor("mlp"), random_state=0)
    expected = by_name.fit(train, scores).predict(rest)
    np.testing.assert_array_equal(by_object.fit(train, scores).predict(rest), expected)
    np.testing.assert_array_equal(clone(by_name).fit(train, scores).predict(rest), expected)


@every
def test_parameters_of_the_member_can_be_read_and_set(name):
    predictor = weaknas.predictor(f"{name}:mlp")
    assert predictor.member == "mlp"
    assert predictor.get_params()["member__epochs"] == 200
    assert clone(predictor.set_params(member__epochs=3)).get_params()["member__epochs"] == 3
    assert predictor.set_params(member="ridge", member__alpha=7.0).member.alpha == 7
    assert "member__alpha" not in predictor.get_params(deep=False)


@every
def test_the_encodings_are_those_of_the_member(name):
    space = NasBench201()
    assert encoding_of(weaknas.predictor(name, member=Wants()), space) == "counts"
    assert encoding_of(weaknas.predictor(name, member=LinearRegression()), space) == "onehot"


@every
def test_unknown_members_are_refused(name):
    with pytest.raises(WeaknasError, match="there is no predictor named 'mpl'"):
        weaknas.predictor(f"{name}:mpl").get_params()


@pytest.mark.parametrize("name", sorted({*COMBINATORS} - {"ensemble"}))
def test_deviations_only_where_the_member_has_them(name):
    def offers(member):
        return "return_std" in inspect.signature(weaknas.predictor(f"{name}:{member}").predict).parameters

    assert offers("random-forest")
    assert not offers("mlp")


def test_ranks_make_outliers_harmless(data):
    train, scores, rest, truth = data
    spoilt = scores.copy()
    spoilt[np.argsort(scores)[:10]] = -1000.0
    ranks, plain = (weaknas.predictor(n).fit(train, spoilt).predict(rest) for n in ("rank-transform:ridge", "ridge"))
    assert spearmanr(ranks, truth).statistic > spearmanr(plain, truth).statistic + 0.05


def test_ranks_return_to_percent_with_their_deviations(data):
    train, scores, rest, truth = data
    model = weaknas.predictor("rank-transform:bayesian-ridge").fit(train, scores)
    mean, std = model.predict(rest, return_std=True)
    np.testing.assert_array_equal(mean, model.predict(rest))
    assert abs(mean - truth).mean() < 3
    slope, _ = model.line_
    np.testing.assert_allclose(std, slope * model.member_.predict(rest, return_std=True)[1])
    assert weaknas.predictor("rank-transform:ridge").fit(train[:1], [50.0]).predict(rest[:2]) == pytest.approx(50)


def test_below_the_median_nothing_is_told(data):
    train, scores, rest, _ = data
    median = np.median(scores)
    worse = np.where(scores < median, scores - 40, scores)
    clipped = weaknas.predictor("clip-below-median:ridge")
    expected = clipped.fit(train, scores).predict(rest)
    np.testing.assert_array_equal(clipped.fit(train, worse).predict(rest), expected)
    assert clipped.member_.score_scale_.mean > scores.mean()


def test_an_ensemble_is_the_mean_of_different_members(data):
    train, scores, rest, _ = data
    model = weaknas.predictor("ensemble:mlp", members=3, random_state=0).fit(train, scores)
    each = [member.predict(rest) for member in model.members_]
    mean, std = model.predict(rest, return_std=True)
    assert len(each) == 3
    np.testing.assert_allclose(mean, np.mean(each, axis=0))
    np.testing.assert_array_equal(mean, model.predict(rest))
    np.testing.assert_allclose(std, np.std(each, axis=0))
    assert std.min() > 0


def test_deviations_of_members_add_to_the_ensembles(data):
    train, scores, rest, _ = data
    noisy = scores + np.random.default_rng(0).normal(0, 5, len(scores))
    model = weaknas.predictor("ensemble:bayesian-ridge", bootstrap=True, random_state=0).fit(train, noisy)
    means, stds = np.moveaxis(np.array([m.predict(rest, return_std=True) for m in model.members_]), 1, 0)
    _, std = model.predict(rest, return_std=True)
    np.testing.assert_allclose(std**2, means.var(axis=0) + (stds**2).mean(axis=0))
    assert means.std(axis=0).min() > 0  # the bootstrap makes them differ


@pytest.mark.parametrize(("options", "message"), [({}, "use bootstrap=True"), ({"members": 0}, "1 member or more")])
def test_ensembles_that_cannot_be(options, message, data):
    with pytest.raises(WeaknasError, match=message):
        weaknas.predictor("ensemble:ridge", **options).fit(data[0], data[1])


def test_warm_start_goes_on_and_a_clone_does_not(data):
    train, scores, rest, _ = data
    once = weaknas.predictor("mlp", epochs=30, random_state=0).fit(train, scores).predict(rest)
    warm = weaknas.predictor("warm-start:mlp", random_state=0).set_params(member__epochs=30)
    np.testing.assert_array_equal(warm.fit(train, scores).predict(rest), once)
    errors = [warm.fit(train, scores).member_.network_.loss_ for _ in range(3)]
    assert errors[-1] < errors[0]
    assert not np.allclose(warm.predict(rest), once)
    np.testing.assert_array_equal(clone(warm).fit(train, scores).predict(rest), once)


def test_warm_start_needs_a_member_that_can():
    with pytest.raises(WeaknasError, match="Ridge starts every fit anew"):
        weaknas.predictor("warm-start:ridge").fit(np.zeros((2, 2)), np.zeros(2))


def test_low_fidelities_help_and_their_gaps_are_filled(data):
    train, scores, rest, truth = data
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 20, len(scores) + len(truth))  # what the architecture does not tell
    low = np.r_[scores, truth] / 2 + luck / 2
    low[rng.random(len(low)) < 0.3] = np.nan
    unknown = np.full_like(low, np.nan)
    features = np.c_[np.r_[train, rest], low, unknown]
    final = np.r_[scores, truth] + luck
    n = len(scores)
    model = weaknas.predictor("multi-fidelity:ridge", columns=2).fit(features[:n], final[:n])
    predicted = model.predict(features[n:])
    plain = weaknas.predictor("ridge").fit(train, final[:n]).predict(rest)
    seen = ~np.isnan(low[n:])
    error, without = (abs(p - final[n:]) for p in (predicted, plain))
    assert error[seen].mean() < without[seen].mean() / 3
    assert error[~seen].mean() < without[~seen].mean() * 1.1
    assert np.isnan(features).any()  # and its input is left alone


@pytest.mark.parametrize("columns", [0, 30])
def test_low_fidelity_columns_must_leave_the_architecture(columns, data):
    with pytest.raises(WeaknasError, match="cannot be lower-fidelity scores"):
        weaknas.predictor("multi-fidelity:ridge", columns=columns).fit(data[0], data[1])
