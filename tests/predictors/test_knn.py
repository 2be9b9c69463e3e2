import numpy as np


def test_the_number_of_neighbours_is_an_option(predicted):
    assert not np.allclose(predicted("knn", neighbors=1), predicted("knn"))
