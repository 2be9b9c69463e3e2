import numpy as np
import pytest

import weaknas
from weaknas.spaces import Graphs
from weaknas.spaces.cells.operations import DARTS, NASNET

EDGES, NASNETS = weaknas.space("darts-edges"), weaknas.space("nasnet")
TEXT = "normal:none+skip_connect~0,sep_conv_3x3~2+max_pool_3x3~3+none/reduction:skip_connect~1+none+none+none"
BRANCHES = "+".join(["avg_pool_3x3~0,avg_pool_3x3~0", *("conv_1x1~2,skip_connect~1",) * 4])


def test_adjacency_has_the_operations_of_each_node_on_each_earlier_one():
    features = EDGES.encode(EDGES.from_str([TEXT]), "adjacency")[0].reshape(28, 7)
    edges = [(source, node) for node in range(2, 6) for source in range(node)]
    edges = [("normal", *edge) for edge in edges] + [("reduction", *edge) for edge in edges]
    found = {edges[edge]: DARTS[op] for edge, op in np.argwhere(features)}
    assert found == {
        ("normal", 0, 3): "skip_connect",
        ("normal", 2, 3): "sep_conv_3x3",
        ("normal", 3, 4): "max_pool_3x3",
        ("reduction", 1, 2): "skip_connect",
    }


def test_adjacency_counts_what_is_there_twice():
    features = NASNETS.encode(NASNETS.from_str([f"normal:{BRANCHES}/reduction:{BRANCHES}"]), "adjacency")[0]
    block = features[: 2 * len(NASNET)].reshape(2, len(NASNET))  # of node 2: what it does to nodes 0 and 1
    assert block[0, NASNET.index("avg_pool_3x3")] == block.sum() == 2


def test_counts_are_operations_those_on_inputs_nodes_not_read_and_depth():
    row = EDGES.from_str([TEXT])
    counts = EDGES.encode(row, "counts")[0]
    normal, reduction, cost = counts[:16], counts[16:32], counts[32:]
    kinds = [DARTS.index(op) for op in ("max_pool_3x3", "skip_connect", "sep_conv_3x3")]
    assert np.flatnonzero(normal[:7]).tolist() == kinds
    assert normal[7:14].sum() == normal[7 + DARTS.index("skip_connect")] == 1  # node 2 is no input
    assert normal[14:].tolist() == [2, 2]  # nodes 4 and 5 are not read
    assert reduction[14:].tolist() == [4, 1]
    np.testing.assert_allclose(np.exp(cost), [EDGES.cost(row).params[0], EDGES.cost(row).macs[0]], rtol=1e-5)


def test_a_graph_has_operations_as_vertices_and_none_off_a_path():
    graphs = Graphs.unflatten(EDGES.encode(EDGES.from_str([TEXT]), "graph"))
    adjacency, kinds = graphs.adjacency[0], graphs.kinds[0]
    there = np.flatnonzero(kinds.any(1))
    # Input, in each cell one input that is read, two operations in the normal cell and one in the other, output.
    assert len(there) == 7
    named = ["in", "out", *(f"{k}.{what}" for k in "nr" for what in ("0", "1", *DARTS))]
    assert [named[kind] for kind in kinds[there].argmax(1)] == [
        *("in", "n.0", "n.skip_connect", "n.max_pool_3x3", "r.1", "r.skip_connect", "out")
    ]
    edges = adjacency[np.ix_(there, there)]
    assert np.argwhere(edges).tolist() == [[0, 1], [0, 4], [1, 2], [2, 3], [2, 6], [3, 6], [4, 5], [5, 6]]


@pytest.mark.parametrize("name", ["darts", "darts-edges", "nasnet"])
def test_graphs_are_upper_triangular_and_pruned(name):
    space = weaknas.space(name)
    graphs = Graphs.unflatten(space.encode(space.sample(20, np.random.default_rng(0)), "graph"))
    assert not np.tril(graphs.adjacency).any()
    for found, again in zip(graphs, graphs.pruned(), strict=True):
        np.testing.assert_array_equal(found, again)
