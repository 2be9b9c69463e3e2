import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern

import weaknas
from weaknas import WeaknasError
from weaknas_predictors.shared.kernels import KERNELS
from weaknas_predictors.shared.process import Hyperparameters, Posterior, kernel_evidence, learn

kernels = pytest.mark.parametrize("name", sorted(KERNELS))


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 4)), rng.normal(size=60)


def reference(name, at):
    """scikit-learn's process, which has what ours is said to have."""
    lengths = at.weights**-0.5
    kernel = RBF(lengths) if name == "rbf" else Matern(lengths, nu=2.5)
    return GaussianProcessRegressor(at.amplitude * kernel, alpha=at.noise, optimizer=None)


@kernels
def test_it_is_the_process_of_scikit_learn(name, drawn):
    X, y = drawn
    at = Hyperparameters(np.array([0.5, 1.0, 2.0, 0.1]), 1.7, 0.1)
    expected = reference(name, at).fit(X[:40], y[:40])
    mean, std = Posterior(KERNELS[name], X[:40], y[:40], at).predict(X[30:], std=True)
    theirs = expected.predict(X[30:], return_std=True)
    np.testing.assert_allclose(mean, theirs[0], atol=1e-4)
    np.testing.assert_allclose(std, theirs[1], atol=1e-3)
    evidence, *_ = kernel_evidence(KERNELS[name], X[:40], y[:40], at)
    assert evidence - 20 * np.log(2 * np.pi) == pytest.approx(expected.log_marginal_likelihood_value_)


@kernels
def test_the_slopes_of_the_evidence(name, drawn):
    X, y = drawn
    point = np.array([0.1, -0.3, 0.5, 0.2, 0.4, -1.0])

    def evidence(logs):
        return kernel_evidence(KERNELS[name], X, y, Hyperparameters(np.exp(logs[:4]), *np.exp(logs[4:])))

    _, by_weight, rest = evidence(point)
    steps = 1e-5 * np.eye(6)
    numeric = [(evidence(point + step)[0] - evidence(point - step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(np.concatenate([by_weight, rest]), numeric, rtol=1e-6, atol=1e-7)


def test_columns_that_do_not_matter_get_long_length_scales(drawn):
    X, _ = drawn
    at = learn(KERNELS["rbf"], X, np.sin(2 * X[:, 0]), np.ones(4, dtype=int))
    assert at.weights[0] > 10 * at.weights[1:].max()
    assert at.noise < 0.1


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
