import numpy as np
import pytest


@pytest.mark.parametrize("options", [{"C": 0.01}, {"epsilon": 1.0}])
def test_every_option_changes_the_predictions(options, predicted):
    assert not np.allclose(predicted("svr", **options), predicted("svr"))
