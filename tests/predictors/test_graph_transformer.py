import numpy as np
import pytest


@pytest.mark.parametrize("options", [{"loss": "mse"}, {"width": 8}, {"layers": 1}])
def test_every_option_changes_the_predictions(options, predicted_graphs):
    assert not np.allclose(predicted_graphs("graph-transformer", **options), predicted_graphs("graph-transformer"))
