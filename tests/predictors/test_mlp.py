import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor

import weaknas


@pytest.mark.parametrize("options", [{"hidden": (7,)}, {"learning_rate": 1e-4}, {"alpha": 100.0}, {"epochs": 1}])
def test_every_option_changes_the_predictions(options, predicted):
    assert not np.allclose(predicted("mlp", **options), predicted("mlp"))


def test_a_fit_that_is_interrupted_is_no_fit(monkeypatch, data):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(MLPRegressor, "_backprop", interrupted)
    with pytest.raises(KeyboardInterrupt):
        weaknas.predictor("mlp").fit(*data[:2])
