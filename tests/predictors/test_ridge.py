import numpy as np


def test_the_penalty_is_an_option(predicted):
    assert not np.allclose(predicted("ridge", alpha=100.0), predicted("ridge"))
