import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weaknas.errors import InvalidArchitecture
from weaknas.spaces import NasBench101, Rows
from weaknas.spaces.cells.nasbench101 import OPS
from weaknas.table_file import TableFile

SPACE = NasBench101()
seeds = st.integers(0, 2**32 - 1)
raw_rows = st.builds(
    lambda bits, ops: np.array([bits + ops], dtype=np.int8),
    st.lists(st.integers(0, 1), min_size=21, max_size=21),
    st.lists(st.integers(1, 3), min_size=5, max_size=5),
)


def graph(row: np.ndarray) -> tuple[np.ndarray, list[int]]:
    matrix = np.zeros((7, 7), dtype=int)
    matrix[np.triu_indices(7, 1)] = row[:21]
    return matrix, [-1, *row[21:].tolist(), -2]


def reachable(matrix: np.ndarray, start: int) -> set[int]:
    found, queue = {start}, [start]
    while queue:
        for v in np.flatnonzero(matrix[queue.pop()]).tolist():
            if v not in found:
                found.add(v)
                queue.append(v)
    return found


@given(raw_rows)
@settings(max_examples=300)
def test_validity_is_that_of_the_pruned_graph(batch):
    matrix, _ = graph(batch[0])
    alive = sorted(reachable(matrix, 0) & reachable(matrix.T, 6))
    edges = matrix[np.ix_(alive, alive)].sum()
    expected = 6 in reachable(matrix, 0) and edges <= 9
    assert SPACE.is_valid(batch)[0] == expected
    if expected:
        (text,) = SPACE.to_str(SPACE.canonical(batch))
        assert len(text.partition(":")[0]) == len(alive)
        assert text.partition(":")[2].count("1") == edges


@given(seed=seeds)
@settings(max_examples=100)
def test_isomorphic_graphs_share_key_and_hash(seed):
    rng = np.random.default_rng(seed)
    row = SPACE.sample(1, rng)[0]
    matrix, ops = graph(row)
    present = [0, *(v for v in range(1, 6) if ops[v]), 6]
    # A random topological order of the vertices present is a permutation that keeps the matrix triangular.
    order, left = [], set(present)
    while left:
        free = [v for v in sorted(left) if not any(matrix[u, v] for u in left)]
        order.append(int(rng.choice([v for v in free if v != 6] or [6])))
        left.remove(order[-1])
    names = {-1: "input", -2: "output", 1: "conv1x1-bn-relu", 2: "conv3x3-bn-relu", 3: "maxpool3x3"}
    permuted = SPACE.from_graph(matrix[np.ix_(order, order)], [names[ops[v]] for v in order])
    assert SPACE.key(permuted) == SPACE.key(row[None])
    assert SPACE.module_hash(permuted) == SPACE.module_hash(row[None])


@given(seed=seeds)
@settings(max_examples=50)
def test_dead_vertices_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    small = SPACE.from_str(["i3m1o:1100110101"])
    assert (small[0, 21:] > 0).sum() == 3
    with_dead = small.copy()
    with_dead[0, 21 + 3 :] = rng.integers(1, 4, 2)  # two vertices without edges
    assert SPACE.is_valid(with_dead)[0]
    np.testing.assert_array_equal(SPACE.canonical(with_dead), small)
    assert SPACE.key(with_dead) == SPACE.key(small)
    for kind in SPACE.encoders:
        np.testing.assert_array_equal(SPACE.encode(with_dead, kind), SPACE.encode(small, kind), err_msg=kind)
    assert SPACE.cost(with_dead).params == SPACE.cost(small).params


def test_a_row_with_an_absent_vertex_in_use_is_invalid():
    row = SPACE.from_str(["i33m31o:110010010000010101101"])
    row[0, 21] = 0
    assert not SPACE.is_valid(row)[0]


@pytest.mark.parametrize("text", ["io:0", "i3o:100", "i1111111o:" + "1" * 36, "i33333o:" + "1" * 21])
def test_disconnected_or_too_large_cells_are_refused(text):
    with pytest.raises(InvalidArchitecture, match="not an architecture of NAS-Bench-101"):
        SPACE.from_str([text])


def test_neighbours_of_the_smallest_cell():
    arch = SPACE.from_str(["io:1"])
    texts = set(SPACE.to_str(SPACE.neighbors(arch)))
    assert texts == {"i1o:111", "i3o:111", "imo:111"}


def test_mutation_can_grow_and_shrink():
    rng = np.random.default_rng(0)
    arch = np.repeat(SPACE.from_str(["i13o:110101"]), 200, axis=0)
    sizes = {len(text.partition(":")[0]) for text in SPACE.to_str(SPACE.mutate(arch, rng))}
    assert sizes >= {3, 4, 5}


def test_path_encoding_of_a_known_cell():
    encoded = SPACE.encode(SPACE.from_str(["i13o:110011"]), "path")  # input -> 1 -> output, input -> 3 -> output
    assert encoded.shape == (1, 364)
    assert np.flatnonzero(encoded[0]).tolist() == [1, 2]


def test_released_adjacency_layout():
    encoded = SPACE.encode(SPACE.from_str(["i3o:101"]), "adjacency")[0]
    assert encoded.shape == (45,)
    # column 1: edge from the input, conv3x3; column 2: edge from vertex 1, output; the rest unused
    assert encoded[:11].tolist() == [1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert encoded[11:].sum() == 0


@pytest.mark.data
@pytest.mark.parametrize("rows", [5_000, pytest.param(423_624, marks=pytest.mark.slow)])
def test_hashes_texts_and_parameters_of_the_real_table(nasbench101_file, rows):
    table = TableFile(nasbench101_file)
    chosen = np.sort(np.random.default_rng(rows).choice(table.rows, rows, replace=False))
    texts = np.array(table.texts())[chosen].tolist()
    batch = SPACE.from_str(texts)
    assert SPACE.to_str(batch) == texts
    assert SPACE.module_hash(batch) == np.array(table.texts("module_hash"))[chosen].tolist()
    np.testing.assert_array_equal(SPACE.cost(batch).params, table.numbers("params")[chosen])


@pytest.mark.slow
@pytest.mark.data
def test_keys_tell_all_real_cells_apart(nasbench101_file):
    batch = SPACE.from_str(TableFile(nasbench101_file).texts())
    assert len(batch) == 423_624
    sizes = np.bincount((batch[:, 21:] > 0).sum(1)).tolist()
    assert sizes == [1, 6, 84, 2_441, 62_010, 359_082]
    assert len(np.unique(SPACE.key(batch))) == len(batch)
    np.testing.assert_array_equal(SPACE.canonical(batch), batch)
    # Every valid cell is in the table: whatever is drawn has the key of one of its rows.
    drawn = SPACE.sample(2_000, np.random.default_rng(0))
    assert np.isin(SPACE.key(drawn), SPACE.key(batch)).all()


CONV, POOL = "conv3x3-bn-relu", "maxpool3x3"
CHAIN = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
NAMES = ["input", CONV, "output"]


@pytest.mark.parametrize(
    ("matrix", "ops"), [(CHAIN, NAMES), (np.array(CHAIN), tuple(NAMES)), (np.array(CHAIN, float), np.array(NAMES))]
)
def test_a_cell_is_read_from_lists_and_arrays(matrix, ops):
    row = SPACE.from_graph(matrix, ops)
    assert SPACE.to_str(row) == ["i3o:101"]
    matrix, ops = SPACE.to_graph(row)
    assert (matrix.tolist(), ops) == (CHAIN, NAMES)
    assert Rows(SPACE, row).from_graph(matrix, ops).tolist() == row.tolist()


@pytest.mark.parametrize(
    ("matrix", "ops", "message"),
    [
        ([[0, 1, 1], [1, 0, 1], [0, 0, 0]], NAMES, "upper triangular.* from vertex 1 to 0"),
        ([[0, 1, 0], [0, 1, 1], [0, 0, 0]], NAMES, "upper triangular.* from vertex 1 to 1"),
        ([[0, 1, 0], [0, 0, 1], [0, 0, 1]], NAMES, "upper triangular.* from vertex 2 to 2"),
        (CHAIN[:2], NAMES, "square"),
        ([[0, 1], [0, 0, 1]], NAMES, "square"),
        (None, NAMES, "square"),
        ([], [], "square"),
        ([[0, 2, 0], [0, 0, 1], [0, 0, 0]], NAMES, "0 and 1 alone"),
        ([[0, np.nan, 0], [0, 0, 1], [0, 0, 0]], NAMES, "0 and 1 alone"),
        ([["0", "1"], ["0", "0"]], ["input", "output"], "0 and 1 alone"),
        (CHAIN, NAMES[:2], "3 vertices in the matrix and 2 operations"),
        (CHAIN, [*NAMES, "output"], "3 vertices in the matrix and 4 operations"),
        (CHAIN, "i3o", "a list of names"),
        (CHAIN, None, "a list of names"),
        ([[0, 1, 0], [0, 0, 0], [0, 0, 0]], NAMES, "no path"),
        ([[0]], ["input"], "no path"),
        (CHAIN, ["input", "maxpool", "output"], "'maxpool' is no operation; there are conv1x1-bn-relu"),
        (CHAIN, ["input", 2, "output"], "2 is no operation"),
        (CHAIN, NAMES[::-1], "begin with 'input'"),
        (np.triu(np.ones((6, 6), int), 1), ["input", *[CONV] * 4, "output"], "6 vertices and 15 edges"),
        (np.eye(8, k=1, dtype=int), ["input", *[CONV] * 6, "output"], "8 vertices and 7 edges"),
    ],
)
def test_what_the_official_code_refuses_is_no_cell(matrix, ops, message):
    with pytest.raises(InvalidArchitecture, match=message):
        SPACE.from_graph(matrix, ops)


def test_vertices_off_every_path_do_not_count_however_many():
    matrix = np.zeros((9, 9), int)
    matrix[0, 8] = matrix[0, 1] = matrix[2:8, 8] = 1
    assert SPACE.to_str(SPACE.from_graph(matrix, ["input", *["anything"] * 7, "output"])) == ["io:1"]


def test_a_diagram_shows_what_is_computed():
    # vertex 2 leads nowhere
    (diagram,) = SPACE.diagrams(SPACE.from_str(["i3m1o:1110001001"]))
    assert [vertex.name for vertex in diagram.vertices] == ["input", OPS[2], OPS[1], "output"]
    assert [vertex.kind for vertex in diagram.vertices] == ["input", "operation", "operation", "output"]
    assert {arrow[:2] for arrow in diagram.arrows} == {(0, 1), (0, 2), (1, 3), (2, 3)}


def test_cells_go_to_graphs_and_back():
    rows = SPACE.sample(50, np.random.default_rng(0))
    back = np.concatenate([SPACE.from_graph(*SPACE.to_graph(rows[i : i + 1])) for i in range(len(rows))])
    np.testing.assert_array_equal(back, rows)
    with pytest.raises(InvalidArchitecture, match="a batch of one architecture, not of 50"):
        SPACE.to_graph(rows)
