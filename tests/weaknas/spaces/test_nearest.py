import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from weaknas.spaces import nearest as module
from weaknas.spaces.nearest import nearest


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 8), own=st.booleans())
@settings(max_examples=50)
def test_they_are_those_of_a_stable_sort_of_all_distances(seed, n, own):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 3, (rng.integers(9, 40), rng.integers(1, 6)), dtype=np.int8)
    numbers = rng.integers(0, len(rows), 7)
    found = nearest(rows, rows[numbers], n, numbers if own else None)
    for number, near in zip(numbers, found, strict=True):
        distance = (rows != rows[number]).sum(1)
        if own:
            distance[number] = 1000
        assert near.tolist() == np.argsort(distance, kind="stable")[:n].tolist()


def test_blocks_do_not_change_them(monkeypatch):
    rows = np.random.default_rng(0).integers(0, 9, (300, 5), dtype=np.int8)
    whole = nearest(rows, rows, 10)
    monkeypatch.setattr(module, "_AT_ONCE", 1_000)
    np.testing.assert_array_equal(nearest(rows, rows, 10), whole)


def test_rows_of_many_choices_are_told_apart():
    rows = np.zeros((3, 400), dtype=np.int8)
    rows[1, :300], rows[2, :256] = 1, 1
    assert nearest(rows, rows[:1], 2, np.array([0])).tolist() == [[2, 1]]
