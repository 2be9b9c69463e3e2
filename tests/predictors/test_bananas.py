import numpy as np
import pytest
from scipy.stats import spearmanr

import weaknas


@pytest.fixture(scope="module")
def model(data):
    return weaknas.predictor("bananas", random_state=0).fit(data[0], data[1])


def test_it_orders_and_speaks_percent(model, data):
    _, _, rest, truth = data
    assert spearmanr(model.predict(rest), truth).statistic > 0.8
    assert abs(model.predict(rest).mean() - truth.mean()) < 8


def test_its_deviation_is_the_spread_of_its_networks(model, data):
    mean, std = model.predict(data[2], return_std=True)
    np.testing.assert_array_equal(mean, model.predict(data[2]))
    assert std.min() > 0
    assert model.predict(data[2]).max() <= model.ceiling_  # no error is below the bound


@pytest.mark.parametrize("options", [{"members": 1}, {"hidden": (5,)}, {"epochs": 2}, {"learning_rate": 1e-4}])
def test_every_option_changes_the_predictions(options, model, data):
    train, scores, rest, _ = data
    other = weaknas.predictor("bananas", random_state=0, **options).fit(train, scores)
    assert not np.allclose(other.predict(rest), model.predict(rest))
