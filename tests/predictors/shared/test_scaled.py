"""The models on scaled features: what scale and the options do to them."""

import numpy as np
import pytest

import weaknas
from weaknas.scoring import encoding_of
from weaknas.spaces import Choices, NasBench201, OfaMobileNetV3
from weaknas_predictors.shared.scaling import ColumnScale, ScoreScale, least_squares_line

scaled = pytest.mark.parametrize("name", ["bayesian-ridge", "knn", "ridge", "svr"])


@scaled
def test_neither_units_nor_constant_columns_matter(name):
    rng = np.random.default_rng(0)
    train, rest = np.split(rng.normal(size=(60, 4)), [40])
    scores = train.sum(1)
    usual = weaknas.predictor(name).fit(train, scores).predict(rest)
    units, constant = np.array([1e-3, 1, 50, 1e6]), np.full((60, 1), 0.1)
    other = weaknas.predictor(name).fit(np.hstack([train * units, constant[:40]]), scores)
    np.testing.assert_allclose(other.predict(np.hstack([rest * units, constant[:20]])), usual, rtol=1e-6)


@scaled
def test_scores_in_other_units_are_predicted_in_those(name, data):
    train, scores, rest, _ = data
    usual = weaknas.predictor(name).fit(train, scores).predict(rest)
    np.testing.assert_allclose(weaknas.predictor(name).fit(train, scores / 100).predict(rest), usual / 100, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bayesian-ridge", {"iterations": 1}),
        ("extra-trees", {"n_estimators": 3}),
        ("extra-trees", {"max_depth": 2}),
        ("extra-trees", {"max_features": 1.0}),
        ("gradient-boosting", {"n_estimators": 3}),
        ("gradient-boosting", {"learning_rate": 0.01}),
        ("gradient-boosting", {"max_leaf_nodes": 2}),
        ("gradient-boosting", {"min_samples_leaf": 50}),
        ("knn", {"neighbors": 1}),
        ("ridge", {"alpha": 100.0}),
        ("svr", {"C": 0.01}),
        ("svr", {"epsilon": 1.0}),
    ],
)
def test_every_option_changes_the_predictions(name, options, data):
    train, scores, rest, _ = data
    seed = {"random_state": 0} if name == "extra-trees" else {}
    usual = weaknas.predictor(name, **seed).fit(train, scores).predict(rest)
    assert not np.allclose(weaknas.predictor(name, **seed, **options).fit(train, scores).predict(rest), usual)


def test_bayesian_deviation_grows_away_from_the_data(data):
    train, scores, rest, _ = data
    noisy = scores + np.random.default_rng(0).normal(0, 5, len(scores))
    model = weaknas.predictor("bayesian-ridge").fit(train, noisy)
    mean, near = model.predict(rest, return_std=True)
    np.testing.assert_array_equal(mean, model.predict(rest))
    _, far = model.predict(rest + 5, return_std=True)
    assert 4 < near.mean() < 7
    assert far.mean() > near.mean()


def test_extra_trees_agree_where_they_were_trained(data):
    train, scores, rest, _ = data
    forest = weaknas.predictor("extra-trees", random_state=0).fit(train, scores)
    near, far = (forest.predict(X, return_std=True)[1].mean() for X in (train, rest))
    assert near < 0.1
    assert far > 1


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


@pytest.mark.parametrize("name", ["bayesian-ridge", "extra-trees", "gp", "gradient-boosting", "knn", "ridge", "svr"])
def test_the_best_encoding_that_the_space_has(name):
    predictor = weaknas.predictor(name)
    assert encoding_of(predictor, NasBench201()) == "adjacency+path:40+counts+wl"
    assert encoding_of(predictor, OfaMobileNetV3()) == "onehot+counts"
    assert encoding_of(predictor, Choices({"a": range(3)})) == "onehot"
