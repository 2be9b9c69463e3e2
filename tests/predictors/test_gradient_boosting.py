import numpy as np
import pytest


@pytest.mark.parametrize(
    "options",
    [
        {"n_estimators": 3},
        {"learning_rate": 0.01},
        {"max_leaf_nodes": 2},
        {"min_samples_leaf": 50},
    ],
)
def test_every_option_changes_the_predictions(options, predicted):
    assert not np.allclose(predicted("gradient-boosting", **options), predicted("gradient-boosting"))
