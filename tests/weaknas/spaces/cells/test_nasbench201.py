import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidArchitecture, InvalidOption, NotFound
from weaknas.spaces import Graphs, NasBench201, Rows
from weaknas.spaces.cells.nasbench201 import EDGES, OPS
from weaknas.table_file import TableFile

SPACE = NasBench201()
ALL = SPACE.enumerate()


def outputs(rows: np.ndarray) -> np.ndarray:
    """Compute the cells on a few numbers, each operation a fixed function that commutes with nothing else."""
    x = np.array([0.3, -0.7, 1.1])
    functions = [
        np.zeros_like,
        lambda v: v,
        lambda v: np.tanh(1.3 * v + 0.2),
        lambda v: np.sin(v) - 0.4,
        lambda v: 0.5 * v,
    ]
    nodes = [np.tile(x, (len(rows), 1))]
    for target in (1, 2, 3):
        total = np.zeros((len(rows), 3))
        for edge, (source, end) in enumerate(EDGES):
            if end == target:
                results = np.stack([f(nodes[source]) for f in functions])
                # What zeros feed is zero: the official rule says so of every operation.
                results[:, (nodes[source] == 0).all(1)] = 0
                total += results[rows[:, edge], np.arange(len(rows))]
        nodes.append(total)
    return nodes[3]


def test_there_are_15625_cells_in_6466_classes():
    assert len(ALL) == SPACE.size == 15_625
    assert len(np.unique(SPACE.code(ALL))) == 15_625
    assert len(np.unique(SPACE.key(ALL))) == 6_466


def official_unique_string(text: str) -> str:
    """The official rule word for word, on the official text (AutoDL-Projects, `to_unique_str(consider_zero=True)`)."""
    nodes = {0: "0"}
    for number, node in enumerate(text.split("+")):
        current = []
        for word in node.strip("|").split("|"):
            operation, source = word.split("~")
            if operation == "none" or nodes[int(source)] == "#":
                term = "#"
            elif operation == "skip_connect":
                term = nodes[int(source)]
            else:
                term = "(" + nodes[int(source)] + ")" + "@" + operation
            current.append(term)
        nodes[number + 1] = "+".join(sorted(current))
    return nodes[3]


def test_the_classes_are_the_official_partition():
    texts = [official_unique_string(text) for text in SPACE.to_str(ALL)]
    assert len(set(texts)) == 6_466
    assert len(set(zip(texts, SPACE.key(ALL).tolist(), strict=True))) == 6_466


def test_sums_are_sorted_by_the_names_of_the_operations():
    alike = [
        "|none~0|+|avg_pool_3x3~0|none~1|+|nor_conv_1x1~0|none~1|skip_connect~2|",
        "|skip_connect~0|+|none~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|",
    ]
    first, second = SPACE.key(SPACE.from_str(alike))
    assert first == second


def test_cells_of_one_class_compute_the_same_function():
    _, first, inverse = np.unique(SPACE.key(ALL), return_index=True, return_inverse=True)
    values = outputs(ALL)
    np.testing.assert_allclose(values, values[first][inverse], atol=1e-12)


def test_nodes_that_are_equal_can_be_exchanged():
    # Where node 1 is node 0 skipped on, what later nodes take from either may be exchanged.
    rows = ALL[ALL[:, 0] == OPS.index("skip_connect")]
    exchanged = rows[:, [0, 2, 1, 4, 3, 5]]
    np.testing.assert_array_equal(SPACE.key(rows), SPACE.key(exchanged))
    assert (SPACE.code(rows) != SPACE.code(exchanged)).any()


def test_official_strings():
    (text,) = SPACE.to_str(np.array([[3, 3, 3, 1, 3, 3]], dtype=np.int8))
    assert text == ("|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|")


def test_known_cost_of_the_smallest_and_the_largest_cell():
    rows = np.array([[0] * 6, [3] * 6], dtype=np.int8)
    cost = SPACE.cost(rows)
    assert cost.params.tolist() == [73_306, 1_531_546]
    assert cost.macs.tolist() == [7_783_040, 220_119_680]


def test_path_encoding_marks_live_sequences_only():
    rows = SPACE.from_str(["|nor_conv_1x1~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"])
    encoded = SPACE.encode(rows, "path")
    assert encoded.shape == (1, 84)
    assert encoded.sum() == 1
    assert encoded[0, 4 + 1 * 4 + 0] == 1  # conv1x1 is the second operation of four, skip the first


def test_counts_of_a_cell_with_a_dead_branch():
    rows = SPACE.from_str(["|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|none~2|"])
    counts = SPACE.encode(rows, "counts")[0]
    assert counts[:5].tolist() == [3, 1, 1, 1, 0]
    assert counts[5:9].tolist() == [2, 1, 1, 2]  # edges and layers of the longest path, paths, live edges
    np.testing.assert_allclose(np.exp(counts[9:]), [SPACE.cost(rows).params[0], SPACE.cost(rows).macs[0]], rtol=1e-5)


def graph(text):
    graphs = Graphs.unflatten(SPACE.encode(SPACE.from_str([text]), "graph"))
    return graphs.adjacency[0], graphs.kinds[0]


def test_graph_of_a_cell_of_convolutions():
    adjacency, kinds = graph(
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
    )
    assert kinds.argmax(1).tolist() == [0, 2, 2, 2, 2, 2, 2, 4]
    edges = [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)]
    assert np.argwhere(adjacency).tolist() == [list(edge) for edge in edges]


def test_graph_leaves_out_what_is_dead_and_makes_edges_of_skips():
    adjacency, kinds = graph("|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|skip_connect~0|skip_connect~1|none~2|")
    assert np.argwhere(kinds).tolist() == [[0, 0], [1, 2], [7, 4]]
    assert np.argwhere(adjacency).tolist() == [[0, 1], [0, 7], [1, 7]]


def test_graph_counts_parallel_edges():
    adjacency, _ = graph("|skip_connect~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|")
    assert np.argwhere(adjacency).tolist() == [[0, 7]]
    assert adjacency[0, 7] == 2


@pytest.mark.data
def test_facts_of_the_real_tables(nasbench201_file):
    table = TableFile(nasbench201_file)
    rows = Rows(SPACE, SPACE.from_str(table.texts()))
    assert rows.size == 15_625
    assert SPACE.to_str(rows.rows) == table.texts()
    classes, side = {"cifar10": (10, 32), "cifar100": (100, 32)}.get(table.card["dataset"], (120, 16))
    cost = SPACE.cost(rows.rows, classes, side)
    np.testing.assert_array_equal(cost.params, table.numbers("params"))
    np.testing.assert_array_equal(cost.macs + classes, table.numbers("macs"))
    keys = SPACE.key(rows.rows)
    for column in ("valid_acc", "test_acc"):
        values = table.numbers(column)
        for best in np.flatnonzero(values == values.max()):
            assert (keys == keys[best]).sum() == 1


NASLIB_OPERATIONS = ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"]
NASLIB_EDGES = [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]


def naslib_string(numbers: list[int]) -> str:
    """What NASLib makes of its numbers (its `convert_op_indices_to_str`)."""
    names = {edge: NASLIB_OPERATIONS[number] for edge, number in zip(NASLIB_EDGES, numbers, strict=True)}
    words = [f"{names[source, target]}~{source - 1}" for source, target in sorted(names, key=lambda edge: edge[1])]
    return "|{}|+|{}|{}|+|{}|{}|{}|".format(*words)


def test_rows_of_naslib_are_read_and_written_by_name():
    numbers = ALL.astype(int)  # every row of numbers, read as NASLib's
    read = SPACE.from_indices(numbers, order="naslib")
    assert SPACE.to_str(read) == [naslib_string(row) for row in numbers.tolist()]
    np.testing.assert_array_equal(SPACE.to_indices(read, order="naslib"), numbers)


def test_the_order_of_a_row_is_the_official_one_and_is_said_in_errors():
    (row,) = SPACE.to_indices(SPACE.from_indices([[4, 0, 3, 1, 4, 3]], order="official"), order="weaknas").tolist()
    assert row == [4, 0, 3, 1, 4, 3]
    listed = Rows(SPACE, SPACE.from_indices([[4, 0, 3, 1, 4, 3]], order="naslib"))
    np.testing.assert_array_equal(listed.from_indices([[4, 0, 3, 1, 4, 3]], order="naslib"), listed.rows)
    for rows in ([[4, 0, 3, 1, 4, 3]], [[4, 0, 3, 1, 4, 5]]):
        with pytest.raises(InvalidArchitecture, match=r"0 none, 1 skip_connect.*0-1, 0-2, 1-2.*order='naslib'"):
            listed.index(rows)


@pytest.mark.parametrize("order", ["NASLib", None, ["naslib"]])
def test_an_order_that_is_none_is_refused_with_those_there_are(order):
    with pytest.raises(NotFound, match=r"no order of rows of nasbench201 named .*naslib"):
        SPACE.from_indices([[4, 0, 3, 1, 4, 3]], order=order)


def test_a_space_without_graphs_on_vertices_says_so():
    with pytest.raises(InvalidOption, match="nasbench201 has no operations on vertices; use from_str"):
        SPACE.from_graph([[0, 1], [0, 0]], ["input", "output"])


@pytest.mark.data
def test_a_row_of_naslib_has_the_accuracy_of_its_cell(nasbench201_file):
    bench = weaknas.benchmark(str(nasbench201_file))
    numbers = [[4, 0, 3, 1, 4, 3]]
    there = bench.evaluate(bench.space.from_indices(numbers, order="naslib")).scores
    named = bench.evaluate(bench.space.from_str([naslib_string(numbers[0])])).scores
    assert there == named != bench.evaluate(bench.space.from_indices(numbers)).scores


def test_a_diagram_has_its_operations_on_edges_but_none():
    (diagram,) = SPACE.diagrams([[3, 0, 1, 0, 0, 4]])
    assert [vertex.kind for vertex in diagram.vertices] == ["input", "node", "node", "output"]
    assert [*diagram.arrows] == [(0, 1, "nor_conv_3x3"), (1, 2, "skip_connect"), (2, 3, "avg_pool_3x3")]
    assert Rows(SPACE, ALL[:2]).diagrams(ALL[1:2]) == SPACE.diagrams(ALL[1:2])
    with pytest.raises(InvalidArchitecture, match="a batch of one architecture, not of 2"):
        SPACE.diagrams(ALL[:2])
