import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import HwGpt, Rows

SPACE = HwGpt("m")
LAYERS = 24


def shallow():
    """The smallest network, of 22 layers."""
    return np.zeros((1, len(SPACE.choices)), dtype=np.int8)


def test_layers_past_the_depth_are_no_part_of_an_architecture():
    other = shallow()
    other[0, [3 + 22, 3 + LAYERS + 23]] = 2
    assert SPACE.key(other) == SPACE.key(shallow())
    assert SPACE.to_str(other) == SPACE.to_str(shallow())
    mutants = SPACE.mutate(np.repeat(shallow(), 500, axis=0), np.random.default_rng(0))
    assert not mutants[:, [3 + 22, 3 + LAYERS + 23]].any()
    assert len(SPACE.neighbors(shallow())) == 2 + 2 + 1 + 22 * (2 + 2)


def test_a_list_of_networks_knows_them_by_any_of_their_names():
    rows = Rows(SPACE, SPACE.sample(20, np.random.default_rng(0)))
    other = rows.rows.copy()
    other[~SPACE.matters(other)] = 1
    np.testing.assert_array_equal(rows.index(other), np.arange(20))


def test_there_are_as_many_as_layers_can_be_made():
    assert SPACE.size == 3 * 2 * (9**22 + 9**23 + 9**24)
    assert HwGpt("l").size == 3 * 2 * (9**34 + 9**35 + 9**36)


def test_the_cost_of_the_smallest_network_counted_by_hand():
    layer = 256 * 3 * 8 * 64 + 8 * 64 * 256 + 3 * 256 * 512 + 2 * 2 * 256  # attention, projection, gated MLP, norms
    assert SPACE.cost(shallow()).params == 2 * 50254 * 256 + 2 * 256 + 22 * layer
    biased = shallow()
    biased[0, 2] = 1
    layer += 3 * 8 * 64 + 256 + 2 * 512 + 256
    assert SPACE.cost(biased).params == 2 * 50254 * 256 + 2 * 256 + 22 * layer
    assert SPACE.cost(biased).macs == SPACE.cost(shallow()).macs


def test_other_sizes_are_refused():
    with pytest.raises(InvalidOption, match="one of m, l, not 's'"):
        HwGpt("s")
