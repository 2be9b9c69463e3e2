"""What holds for every built-in predictor."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import weaknas
from weaknas.spaces import NasBench201

every = pytest.mark.parametrize("name", ["mlp", "random-forest", "xgboost"])


@pytest.fixture(scope="module")
def data():
    space = NasBench201()
    rows = space.enumerate()[::31]
    features = space.encode(rows)
    scores = 60 + 5 * np.array([-3.0, 0.5, 1.5, 2.5, -0.5])[rows].sum(1)
    return features[::2], scores[::2], features[1::2], scores[1::2]


def make(name, **options):
    if name == "xgboost":
        pytest.importorskip("xgboost")
    return weaknas.predictor(name, random_state=0, **options)


@every
def test_it_learns(name, data):
    train, scores, rest, truth = data
    predicted = make(name).fit(train, scores).predict(rest)
    assert predicted.shape == truth.shape
    assert np.corrcoef(predicted, truth)[0, 1] > 0.9
    assert abs(predicted.mean() - truth.mean()) < 2


@every
def test_same_seed_same_predictions_and_a_refit_forgets(name, data):
    train, scores, rest, _ = data
    predictor = make(name)
    first = predictor.fit(train, scores).predict(rest)
    predictor.fit(train[:20], -scores[:20])
    np.testing.assert_array_equal(predictor.fit(train, scores).predict(rest), first)
    np.testing.assert_array_equal(clone(predictor).fit(train, scores).predict(rest), first)


@every
def test_it_pickles_and_leaves_its_input_alone(name, data):
    train, scores, rest, _ = data
    before = train.copy(), scores.copy()
    predictor = make(name).fit(train, scores)
    np.testing.assert_array_equal(train, before[0])
    np.testing.assert_array_equal(scores, before[1])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(predictor)).predict(rest), predictor.predict(rest))


@every
@pytest.mark.parametrize("n", [1, 2, 10])
def test_few_and_constant_scores(name, data, n):
    train, _, rest, _ = data
    predicted = make(name).fit(train[:n], np.full(n, 50.0)).predict(rest)
    np.testing.assert_allclose(predicted, 50.0, atol=1.0)


@every
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


def test_without_xgboost_the_extra_is_named(monkeypatch, data):
    monkeypatch.setitem(__import__("sys").modules, "xgboost", None)
    with pytest.raises(ImportError, match=r"pip install 'weaknas\[xgboost\]'"):
        weaknas.predictor("xgboost").fit(data[0], data[1])
