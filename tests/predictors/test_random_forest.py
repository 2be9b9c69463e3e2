import numpy as np
import pytest


@pytest.mark.parametrize("options", [{"max_depth": 1}, {"max_features": 0.2}, {"n_estimators": 2}])
def test_every_option_changes_the_predictions(options, predicted):
    assert not np.allclose(predicted("random-forest", **options), predicted("random-forest"))
