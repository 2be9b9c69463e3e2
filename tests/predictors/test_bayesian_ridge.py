import numpy as np

import weaknas


def test_iterations_are_an_option(predicted):
    assert not np.allclose(predicted("bayesian-ridge", iterations=1), predicted("bayesian-ridge"))


def test_bayesian_deviation_grows_away_from_the_data(data):
    train, scores, rest, _ = data
    noisy = scores + np.random.default_rng(0).normal(0, 5, len(scores))
    model = weaknas.predictor("bayesian-ridge").fit(train, noisy)
    mean, near = model.predict(rest, return_std=True)
    np.testing.assert_array_equal(mean, model.predict(rest))
    _, far = model.predict(rest + 5, return_std=True)
    assert 4 < near.mean() < 7
    assert far.mean() > near.mean()
