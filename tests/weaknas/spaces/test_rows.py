import time

import numpy as np
import pytest

from weaknas import doors
from weaknas.errors import InvalidArchitecture, NotFound
from weaknas.spaces import Choices, NasBench101, NasBench201, Rows, as_rows, encoding_cache


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding_cache, "cache_directory", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def test_index_finds_exactly_the_rows():
    space = NasBench201()
    rows = Rows(space, space.enumerate()[5:500:3])
    np.testing.assert_array_equal(rows.index(rows.rows[::-1]), np.arange(rows.size)[::-1])
    with pytest.raises(InvalidArchitecture, match=r"row 1 of the batch.* not among the 165 architectures"):
        rows.index(np.stack([rows.rows[0], space.enumerate()[6]]))


def test_an_isomorph_is_found_where_isomorphs_are_one_architecture():
    space = NasBench101()
    rows = Rows(space, space.from_str(["i13o:110011", "i31mo:1100010011"]))
    isomorph = space.from_str(["i31o:110011"])
    assert rows.index(isomorph).tolist() == [0]
    assert rows.is_valid(isomorph)[0]


def test_an_isomorph_is_another_row_where_it_was_measured_apart():
    space = NasBench201()
    all_rows = space.enumerate()
    keys = space.key(all_rows)
    twins = all_rows[keys == keys[np.argmax(np.bincount(keys.astype(int))[keys.astype(int)])]]
    rows = Rows(space, twins[:1])
    assert not rows.is_valid(twins[1:2])[0]


def test_duplicates_and_nothing_are_refused():
    space = NasBench201()
    with pytest.raises(InvalidArchitecture, match="is listed twice"):
        Rows(space, space.enumerate()[[3, 5, 3]])
    with pytest.raises(InvalidArchitecture, match="at least one"):
        Rows(space, space.enumerate()[:0])


def test_mutation_goes_to_the_nearest_row_where_edits_lead_outside():
    space = Choices({name: range(4) for name in "abcdef"})
    listed = np.array([[0, 0, 0, 0, 0, 0], [3, 3, 3, 0, 0, 0], [3, 3, 3, 3, 3, 3]], dtype=np.int8)
    rows = Rows(space, listed)
    rng = np.random.default_rng(0)
    assert rows.mutate(listed[:1], rng).tolist()[0] in listed[1:].tolist()
    assert rows.neighbors(listed[2:]).tolist() == listed[1::-1].tolist()
    assert rows.is_valid(rows.crossover(listed[:1], listed[2:], rng)).all()


def test_the_ten_nearest_rows_are_the_neighbours_in_a_sparse_list():
    space = Choices({str(i): range(4) for i in range(12)})
    listed = space.sample(300, np.random.default_rng(1))
    rows = Rows(space, listed)
    near = rows.neighbors(listed[:1])
    distance = np.sort((listed != listed[0]).sum(1))[1:]
    assert sorted((near != listed[0]).sum(1)) == distance[:10].tolist()
    mutants = rows.mutate(np.repeat(listed[:1], 100, axis=0), np.random.default_rng(0))
    assert set(space.code(mutants)) == set(space.code(near))


def test_a_single_row_has_no_neighbours():
    space = Choices({"a": [1, 2]})
    with pytest.raises(InvalidArchitecture, match="single architecture"):
        Rows(space, space.enumerate()[:1]).mutate(space.enumerate()[:1], np.random.default_rng(0))


def test_encoded_matrix_is_cached_and_memory_mapped(cache):
    space = NasBench201()
    rows = as_rows(space)
    encoded = rows.encoded("onehot+path:9")
    assert isinstance(encoded, np.memmap)
    np.testing.assert_array_equal(encoded, space.encode(rows.rows, "onehot+path:9"))
    (file,) = cache.iterdir()
    before = file.stat().st_mtime_ns
    rows.encoded("onehot+path:9")
    assert file.stat().st_mtime_ns == before


def test_encodings_of_different_names_do_not_share_a_file(cache):
    rows = as_rows(NasBench201())
    assert rows.encoded("path:1").shape != rows.encoded("path:11").shape
    assert rows.encoded("onehot+path:1").shape[1] == 31


def test_a_damaged_cache_file_is_made_again(cache):
    rows = as_rows(NasBench201())
    expected = np.array(rows.encoded("counts"))
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    np.testing.assert_array_equal(rows.encoded("counts"), expected)


def test_without_a_place_for_the_cache_the_matrix_is_kept_in_memory(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setattr(encoding_cache, "cache_directory", lambda: blocked / "cache")
    rows = as_rows(NasBench201())
    np.testing.assert_array_equal(rows.encoded("onehot"), NasBench201().encode(rows.rows))


def test_large_spaces_are_not_written_out():
    assert as_rows(NasBench101()) is None
    with pytest.raises(InvalidArchitecture, match="too many to enumerate"):
        NasBench101().enumerate()


def test_what_is_free_to_know_is_an_encoding():
    space = NasBench201()
    free = {"macs": lambda: np.arange(3.0), "zc": lambda: np.array([1.0, np.nan, 3.0])}
    rows = Rows(space, space.enumerate()[[5, 9, 70]], free)
    assert rows.has_encoding("onehot+features:zc")
    assert not space.has_encoding("features")
    np.testing.assert_array_equal(rows.encode(rows.rows[[2, 0]], "features"), [[2, 3], [0, 1]])
    np.testing.assert_array_equal(rows.encoded("features:zc")[:, 0], [1, 2, 3])  # the mean where it is not known
    np.testing.assert_array_equal(rows.take(np.array([2])).encoded("features"), [[2, 3]])
    other = Rows(space, rows.rows, {"macs": lambda: np.ones(3)})
    np.testing.assert_array_equal(other.encoded("features"), np.ones((3, 1)))  # not the other's cached columns
    with pytest.raises(NotFound, match="no feature 'nope'; it has macs, zc"):
        rows.encode(rows.rows, "features:nope")


def test_a_learned_encoding_is_learned_once_and_kept(monkeypatch):
    space = NasBench201()
    learned = []

    class Learned:
        def __init__(self, space):
            learned.append(space)

        def __call__(self, batch, argument="", /):
            return (batch[:, :2] * float(argument or 1)).astype(np.float32)

    monkeypatch.setattr(doors.ENCODINGS.__class__, "names", lambda self, pattern="*": ["learned"])
    monkeypatch.setattr(doors.ENCODINGS.__class__, "load", lambda self, name: Learned)
    rows = Rows(space, space.enumerate()[::50])
    np.testing.assert_array_equal(rows.encode(rows.rows[3:5], "learned:2"), 2 * rows.rows[3:5, :2])
    assert rows.encode(rows.rows[:4], "onehot+learned:2").shape == (4, 32)
    assert learned == [rows]
    assert Rows(space, rows.rows).encode(rows.rows[:4], "learned:2+onehot").shape == (4, 32)
    assert learned == [rows]  # the other instance read the matrix
    space.encode(rows.rows, "learned")
    assert learned == [rows, space]


def test_rows_that_are_not_in_the_space_are_refused():
    space = NasBench101()
    with pytest.raises(InvalidArchitecture, match="the row says 256"):
        Rows(NasBench201(), np.array([[256, 0, 0, 0, 0, 0]]))
    with pytest.raises(InvalidArchitecture, match=r"row 0 of the batch.* is not in nasbench101"):
        Rows(space, np.zeros((1, 26), dtype=np.int8))


def test_a_row_outside_its_options_is_not_taken_for_another_with_its_code():
    space = Choices({"a": range(5), "b": range(5)})
    rows = Rows(space, space.enumerate())
    assert not rows.is_valid(np.array([[0, 7]], dtype=np.int8))[0]  # 0 * 5 + 7 is the code of 1, 2
    with pytest.raises(InvalidArchitecture, match="the row says 7"):
        rows.locate([[0, 7]])


def test_thousands_of_mutants_of_a_sparse_list_are_cheap_and_drawn_as_one_by_one():
    space = Choices({str(i): range(6) for i in range(8)})
    listed = np.unique(space.sample(30_000, np.random.default_rng(0)), axis=0)
    rows, parents = Rows(space, listed), listed[:10].repeat(750, axis=0)
    before = time.process_time()
    rows.mutate(parents, np.random.default_rng(1))
    rows.crossover(parents, parents[::-1], np.random.default_rng(1))
    assert time.process_time() - before < 2.5  # one by one: more than 5
    few = Rows(Choices({str(i): range(100) for i in range(8)}), listed[:300])
    rng = np.random.default_rng(2)
    expected = []
    for row in range(20):
        distance = (few.rows != few.rows[row]).sum(1)
        distance[row] = 100
        expected.append(few.rows[rng.choice(np.argsort(distance, kind="stable")[:10])])
    np.testing.assert_array_equal(few.mutate(few.rows[:20], np.random.default_rng(2)), expected)
