import numpy as np

from weaknas.distributions.listed import representatives


def test_rows_agree_in_a_group_with_their_representatives():
    rows = np.random.default_rng(0).integers(-1, 3, (500, 5)).astype(np.int8)
    columns = [np.array([0, 3]), np.array([1]), np.array([2, 4])]
    found, like = representatives(rows, columns)
    assert len(found) <= 2 * 4**2 + 4
    for group, own in enumerate(columns):
        np.testing.assert_array_equal(rows[found[like[:, group]]][:, own], rows[:, own])
