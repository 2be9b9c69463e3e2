import numpy as np
import pytest

from weaknas.errors import InvalidOption


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "mse"},
        {"width": 8},
        {"rounds": 2},
        {"cell": "gru"},
        {"cell": "residual"},
    ],
)
def test_every_option_changes_the_predictions(options, predicted_graphs):
    assert not np.allclose(predicted_graphs("dagnn", **options), predicted_graphs("dagnn"))


def test_an_unknown_cell_is_refused(predicted_graphs):
    with pytest.raises(InvalidOption, match="no cell 'lstm'; known: "):
        predicted_graphs("dagnn", cell="lstm")
