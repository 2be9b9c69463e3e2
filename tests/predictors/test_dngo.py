import numpy as np
import pytest

import weaknas

rng = np.random.default_rng(0)
X = rng.random((80, 4)).astype(np.float32)
NOISE = 0.5
Y = 60 + 30 * X[:, 0] + NOISE * rng.standard_normal(80)


def make(**options):
    return weaknas.predictor("dngo", **{"hidden": (32, 16), "epochs": 60, "random_state": 0, **options})


def test_deviations_hold_the_noise_and_grow_away_from_the_data():
    fitted = make().fit(X, Y)
    mean, std = fitted.predict(X, return_std=True)
    np.testing.assert_array_equal(mean, fitted.predict(X))
    assert 0.5 * NOISE < std.min() < 2 * NOISE
    _, far = fitted.predict(X + 3, return_std=True)
    assert far.mean() > 2 * std.mean()


def test_more_data_less_doubt():
    few, many = make().fit(X[:10], Y[:10]), make().fit(X, Y)
    assert few.predict(X[40:], return_std=True)[1].mean() > many.predict(X[40:], return_std=True)[1].mean()


def test_the_head_sees_the_last_hidden_layer():
    fitted = make(hidden=(8, 5)).fit(X, Y)
    assert fitted.linear_.coef_.shape == (5,)


@pytest.mark.parametrize(
    "options",
    [{"hidden": (9,)}, {"epochs": 5}, {"learning_rate": 1e-4}, {"weight_decay": 1.0}, {"batch_size": 20}],
)
def test_every_option_changes_the_predictions(options):
    usual = make(epochs=10).fit(X, Y).predict(X)
    assert not np.allclose(make(**{"epochs": 10, **options}).fit(X, Y).predict(X), usual)


def test_a_warm_start_goes_on_from_the_last_fit():
    warm = make(epochs=3, warm_start=True)
    first = warm.fit(X, Y).predict(X)
    np.testing.assert_array_equal(make(epochs=3).fit(X, Y).predict(X), first)
    assert not np.allclose(warm.fit(X, Y).predict(X), first)
