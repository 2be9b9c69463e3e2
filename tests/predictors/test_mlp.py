"""What is particular to the oldest predictors; what holds for all of them is in test_contract.py."""

import sys

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import weaknas
from weaknas import WeaknasError
from weaknas.spaces import NasBench201


@pytest.fixture(scope="module")
def data():
    space = NasBench201()
    rows = space.enumerate()[::31]
    features = space.encode(rows)
    scores = 60 + 5 * np.array([-3.0, 0.5, 1.5, 2.5, -0.5])[rows].sum(1)
    return features[::2], scores[::2], features[1::2], scores[1::2]


def make(name, **options):
    predictor = weaknas.predictor(name, **options)
    if "random_state" in predictor.get_params(deep=False):
        predictor.set_params(random_state=0)
    return predictor


@pytest.mark.parametrize("name", ["mlp", "random-forest", "xgboost"])
def test_it_is_a_scikit_learn_estimator(name, data):
    train, scores, rest, _ = data
    option = "epochs" if name == "mlp" else "n_estimators"
    search = GridSearchCV(make(name), {option: [1, 50]}, cv=2).fit(train, scores)
    assert search.best_params_[option] == 50
    assert len(make_pipeline(StandardScaler(), make(name)).fit(train, scores).predict(rest)) == len(rest)


def test_forest_spread_is_zero_for_constant_scores_and_positive_else(data):
    train, scores, rest, _ = data
    forest = make("random-forest", n_estimators=20)
    mean, std = forest.fit(train, scores).predict(rest, return_std=True)
    np.testing.assert_array_equal(mean, forest.predict(rest))
    assert (std >= 0).all()
    assert std.mean() > 0.1
    trees = np.stack([tree.predict(rest.astype(np.float32)) for tree in forest.estimators_])
    np.testing.assert_allclose(std, trees.std(0), atol=1e-9)
    _, none = forest.fit(train, np.full(len(train), 5.0)).predict(rest, return_std=True)
    np.testing.assert_array_equal(none, 0)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mlp", {"hidden": (7,)}),
        ("mlp", {"learning_rate": 1e-4}),
        ("mlp", {"alpha": 100.0}),
        ("mlp", {"epochs": 1}),
        ("random-forest", {"max_depth": 1}),
        ("random-forest", {"max_features": 0.2}),
        ("random-forest", {"n_estimators": 2}),
        ("xgboost", {"max_depth": 1}),
        ("xgboost", {"learning_rate": 0.01}),
        ("xgboost", {"n_estimators": 2}),
    ],
)
def test_every_option_changes_the_predictions(name, options, data):
    train, scores, rest, _ = data
    usual = make(name).fit(train, scores).predict(rest)
    assert not np.allclose(make(name, **options).fit(train, scores).predict(rest), usual)


def test_without_xgboost_the_extra_is_named_before_anything_is_evaluated(monkeypatch):
    monkeypatch.delitem(sys.modules, "weaknas_predictors.xgboost", raising=False)
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(ImportError, match=r"pip install 'weaknas\[xgboost\]'"):
        weaknas.predictor("xgboost")
    with pytest.raises(WeaknasError, match=r"pip install 'weaknas\[xgboost\]'"):
        weaknas.strategy("weaknas", NasBench201(), predictor="xgboost")


def test_a_fit_that_is_interrupted_is_no_fit(monkeypatch, data):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(MLPRegressor, "_backprop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        weaknas.predictor("mlp").fit(*data[:2])
