import numpy as np
import pytest


@pytest.mark.parametrize("options", [{"width": 8}, {"layers": 1}])
def test_every_option_changes_the_predictions(options, predicted_graphs):
    assert not np.allclose(predicted_graphs("gcn-comparator", **options), predicted_graphs("gcn-comparator"))
