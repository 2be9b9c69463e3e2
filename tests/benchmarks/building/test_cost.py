import numpy as np

from weaknas.spaces import NasBench201
from weaknas_benchmarks.building.cost import cost, live_edges


def test_live_edges_carry_something_to_the_output():
    rows = np.array(
        [
            [3, 3, 3, 3, 3, 3],
            [0, 3, 3, 0, 3, 3],  # node 1 gets nothing
            [3, 0, 3, 3, 3, 0],  # node 2 leads nowhere
            [3, 0, 0, 0, 0, 3],  # nothing arrives
        ],
        dtype=np.int8,
    )
    expected = [[1, 1, 1, 1, 1, 1], [0, 1, 0, 0, 0, 1], [1, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]]
    np.testing.assert_array_equal(live_edges(rows), np.array(expected, dtype=bool))


def test_live_edges_agree_with_the_spaces_rule_for_disconnected_cells():
    space = NasBench201()
    rows = space.enumerate()
    dead = ~live_edges(rows).any(1)
    nothing = space.key(rows[:1])
    assert dead[space.key(rows) == nothing].all()


def test_cost_of_a_cell_without_operations_and_of_one_convolution():
    rows = np.array([[0, 0, 0, 0, 0, 0], [0, 0, 0, 3, 0, 0]], dtype=np.int8)
    price = cost(rows)
    stem, reduction, rest = 9 * 8 + 16, 9 * 8 * 16 + 32, 32 + 170
    assert price.params.tolist() == [stem + reduction + rest, stem + reduction + rest + 9 * 64 + 16 + 9 * 256 + 32]
    assert price.macs[1] - price.macs[0] == 9 * 64 * 64 + 9 * 256 * 16
