import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas


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
