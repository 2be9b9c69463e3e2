import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, Matern

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
