import numpy as np
import pytest

from weaknas.errors import InvalidOption


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "mse"},
        {"width": 8},
        {"layers": 1},
        {"layer": "dense"},
        {"layer": "gat"},
    ],
)
def test_every_option_changes_the_predictions(options, predicted_graphs):
    assert not np.allclose(predicted_graphs("gin", **options), predicted_graphs("gin"))


def test_an_unknown_kind_of_layer_is_refused(predicted_graphs):
    with pytest.raises(InvalidOption, match="no layer 'gcn'; known: "):
        predicted_graphs("gin", layer="gcn")
