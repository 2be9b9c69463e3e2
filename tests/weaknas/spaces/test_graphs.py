import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import Graphs, NasBench101, NasBench201


@pytest.mark.parametrize(("space", "vertices", "kinds"), [(NasBench101(), 7, 5), (NasBench201(), 8, 5)])
def test_graphs_come_back_from_plain_columns(space, vertices, kinds):
    features = space.encode(space.sample(20, np.random.default_rng(0)), "graph")
    graphs = Graphs.unflatten(features)
    assert graphs.adjacency.shape == (20, vertices, vertices)
    assert graphs.kinds.shape == (20, vertices, kinds)
    np.testing.assert_array_equal(graphs.flatten(), features)
    np.testing.assert_array_equal(graphs.adjacency, np.triu(graphs.adjacency, 1))
    assert np.isin(graphs.kinds.sum(-1), (0, 1)).all()
    assert (graphs.kinds[:, 0, 0] == 1).all()
    assert (graphs.kinds[:, -1, -1] == 1).all()


@pytest.mark.parametrize("features", [np.ones((3, 30)), np.full((3, 4), 7), np.zeros((2, 85)), np.zeros((0, 85))])
def test_another_encoding_is_refused(features):
    with pytest.raises(InvalidOption, match="use encoding='graph'"):
        Graphs.unflatten(features)


def test_columns_after_the_graphs_are_split_off_or_refused():
    space = NasBench101()
    rows = space.sample(5, np.random.default_rng(0))
    graphs, rest = Graphs.split(space.encode(rows, "graph+counts"))
    np.testing.assert_array_equal(graphs.flatten(), space.encode(rows, "graph"))
    np.testing.assert_array_equal(rest, space.encode(rows, "counts"))
    with pytest.raises(InvalidOption, match="10 columns follow the graphs"):
        Graphs.unflatten(space.encode(rows, "graph+counts"))


def test_pruning_drops_what_is_on_no_path():
    adjacency = np.zeros((1, 5, 5), dtype=np.float32)
    adjacency[0, [0, 1, 0, 3], [1, 4, 2, 4]] = 1  # 2 leads nowhere, 3 comes from nowhere
    pruned = Graphs(adjacency, np.ones((1, 5, 1), dtype=np.float32)).pruned()
    assert pruned.kinds[0, :, 0].tolist() == [1, 1, 0, 0, 1]
    assert np.argwhere(pruned.adjacency[0]).tolist() == [[0, 1], [1, 4]]
