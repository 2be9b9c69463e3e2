import numpy as np
import pytest

import weaknas
from weaknas import WeaknasError


def test_two_valued_columns_share_a_length_scale(data):
    train, scores, _, _ = data
    numbers = train.sum(axis=1, keepdims=True) + np.arange(len(train))[:, None]
    weights = weaknas.predictor("gp").fit(np.hstack([train, numbers]), scores).hyperparameters_.weights
    assert len(set(weights[:-1])) == 1
    assert weights[-1] != weights[0]


def test_noise_is_told_from_the_function(data):
    train, scores, rest, truth = data
    noisy = scores + np.random.default_rng(0).normal(0, 10, len(scores))
    model = weaknas.predictor("gp").fit(train, noisy)
    mean, std = model.predict(rest, return_std=True)
    assert 6 < np.sqrt(model.hyperparameters_.noise) * model.score_scale_.scale < 14
    assert np.abs(mean - truth).mean() < 5
    assert 0.8 < np.mean(np.abs(mean - truth) < 2 * std) <= 1


def test_more_architectures_than_hyperparameters_are_learned_from():
    X = np.random.default_rng(0).normal(size=(900, 2))
    model = weaknas.predictor("gp").fit(X[:800], 90 + X[:800].sum(1))
    np.testing.assert_allclose(model.predict(X[800:]), 90 + X[800:].sum(1), atol=0.3)


def test_the_kernel_is_an_option(data):
    train, scores, rest, _ = data
    usual = weaknas.predictor("gp").fit(train, scores).predict(rest)
    assert not np.allclose(weaknas.predictor("gp", kernel="rbf").fit(train, scores).predict(rest), usual)
    with pytest.raises(WeaknasError, match="one of matern52, rbf, not 'linear'"):
        weaknas.predictor("gp", kernel="linear").fit(train, scores)
