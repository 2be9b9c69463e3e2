import sys

import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas
from weaknas import WeaknasError
from weaknas.spaces import NasBench201

pytest.importorskip("xgboost")


def test_pairwise_ranking_orders_and_speaks_percent(data):
    train, scores, rest, truth = data
    ranker = weaknas.predictor("xgboost", objective="rank", random_state=0)
    predicted = ranker.fit(train, scores).predict(rest)
    assert spearmanr(predicted, truth).statistic > 0.9
    assert abs(predicted.mean() - truth.mean()) < 2
    cubed = ranker.fit(train, ((scores - 60) / 50) ** 3).predict(rest)  # only the order is learned
    assert spearmanr(cubed, predicted).statistic > 0.999


def test_unknown_objective(data):
    with pytest.raises(WeaknasError, match="squared or rank, not 'mse'"):
        weaknas.predictor("xgboost", objective="mse").fit(data[0], data[1])


@pytest.mark.parametrize("objective", ["squared", "rank"])
def test_warm_start_adds_trees(objective, data):
    train, scores, _, _ = data
    model = weaknas.predictor("xgboost", objective=objective, n_estimators=5, warm_start=True, random_state=0)
    trees = [model.fit(train, scores).model_.get_booster().num_boosted_rounds() for _ in range(3)]
    assert trees == [5, 10, 15]
    model.set_params(warm_start=False)
    assert model.fit(train, scores).model_.get_booster().num_boosted_rounds() == 5


@pytest.mark.parametrize("options", [{"max_depth": 1}, {"learning_rate": 0.01}, {"n_estimators": 2}])
def test_every_option_changes_the_predictions(options, predicted):
    assert not np.allclose(predicted("xgboost", **options), predicted("xgboost"))


def test_without_xgboost_the_extra_is_named_before_anything_is_evaluated(monkeypatch):
    monkeypatch.delitem(sys.modules, "weaknas_predictors.xgboost", raising=False)
    monkeypatch.setitem(sys.modules, "xgboost", None)
    with pytest.raises(ImportError, match=r"pip install 'weaknas\[xgboost\]'"):
        weaknas.predictor("xgboost")
    with pytest.raises(WeaknasError, match=r"pip install 'weaknas\[xgboost\]'"):
        weaknas.strategy("weaknas", NasBench201(), predictor="xgboost")
