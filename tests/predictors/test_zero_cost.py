import numpy as np
from scipy.stats import spearmanr

import weaknas
from weaknas.scoring import encoding_of
from weaknas.spaces import OfaMobileNetV3


def test_a_proxy_helps_whatever_its_units(data):
    train, scores, rest, truth = data
    rng = np.random.default_rng(0)
    proxies = [10 ** (3 + (s + rng.normal(0, 10, len(s))) / 20) for s in (scores, truth)]
    few = slice(0, 30)
    plain = weaknas.predictor("zero-cost").fit(train[few], scores[few]).predict(rest)
    model = weaknas.predictor("zero-cost").fit(np.c_[train, proxies[0]][few], scores[few])
    assert model.log_columns_.tolist() == [False] * train.shape[1] + [True]
    helped = model.predict(np.c_[rest, proxies[1]])
    assert spearmanr(helped, truth).statistic > spearmanr(plain, truth).statistic + 0.05


def test_values_below_all_that_were_seen_are_fine(data):
    train, scores, rest, _ = data
    column = np.geomspace(1, 1e6, len(train))
    model = weaknas.predictor("zero-cost").fit(np.c_[train, column], scores)
    mean, std = model.predict(np.c_[rest, np.zeros(len(rest))], return_std=True)
    assert np.isfinite(mean).all()
    assert (std >= 0).all()


def test_it_takes_the_free_numbers_where_there_are_some(toy):
    predictor = weaknas.predictor("zero-cost")
    assert encoding_of(predictor, toy.space) == "adjacency+path:40+counts+wl+features"
    assert encoding_of(predictor, toy.space.base) == "adjacency+path:40+counts+wl"
    assert encoding_of(predictor, OfaMobileNetV3()) == "onehot+counts"
