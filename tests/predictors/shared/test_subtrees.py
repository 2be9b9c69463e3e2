import numpy as np

from weaknas.spaces import NasBench101
from weaknas.spaces.graphs import Graphs
from weaknas_predictors.shared.subtrees import Subtrees


def test_subtrees_of_a_chain():
    """input -> conv -> conv -> output."""
    adjacency = np.zeros((1, 4, 4), dtype=np.float32)
    adjacency[0, [0, 1, 2], [1, 2, 3]] = 1
    kinds = np.eye(3, dtype=np.float32)[[0, 1, 1, 2]][None]
    chain = Graphs(adjacency, kinds)
    subtrees = Subtrees(chain, 1)
    counts = subtrees(chain).toarray()[0]
    assert sorted(counts[subtrees.shape == 0]) == [0, 1, 1, 2]  # the first is the column of the unknown
    for shape in (1, 2):  # the convolutions have different neighbours
        assert sorted(counts[subtrees.shape == shape]) == [0, 1, 1, 1, 1]
    longer = subtrees(Graphs(adjacency[:, ::-1, ::-1], kinds)).toarray()[0]  # edges turned round
    assert longer.sum() == counts.sum()
    assert longer[np.append(subtrees.shape[1:] > subtrees.shape[:-1], True)].sum() > 0


def test_the_order_of_vertices_does_not_matter():
    flat = NasBench101().encode(NasBench101().sample(50, np.random.default_rng(0)), "graph")
    graphs = Graphs.unflatten(flat)
    order = np.random.default_rng(1).permutation(7)
    shuffled = Graphs(graphs.adjacency[:, order][:, :, order], graphs.kinds[:, order])
    subtrees = Subtrees(graphs, 3)
    np.testing.assert_array_equal(subtrees(shuffled).toarray(), subtrees(graphs).toarray())


def test_missing_vertices_count_nothing():
    flat = NasBench101().encode(NasBench101().from_str(["i3o:101"]), "graph")
    subtrees = Subtrees(Graphs.unflatten(flat), 2)
    assert subtrees(Graphs.unflatten(flat)).sum() == 3 * 5  # three vertices, five shapes
