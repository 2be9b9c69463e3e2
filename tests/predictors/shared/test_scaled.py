"""The models on scaled features: neither units nor scale matter."""

import numpy as np
import pytest

import weaknas
from weaknas.scoring import encoding_of
from weaknas.spaces import Choices, NasBench201, OfaMobileNetV3

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


@pytest.mark.parametrize("name", ["bayesian-ridge", "extra-trees", "gp", "gradient-boosting", "knn", "ridge", "svr"])
def test_the_best_encoding_that_the_space_has(name):
    predictor = weaknas.predictor(name)
    assert encoding_of(predictor, NasBench201()) == "adjacency+path:40+counts+wl"
    assert encoding_of(predictor, OfaMobileNetV3()) == "onehot+counts"
    assert encoding_of(predictor, Choices({"a": range(3)})) == "onehot"
