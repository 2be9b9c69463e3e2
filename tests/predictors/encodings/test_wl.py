import numpy as np
import pytest

import weaknas
from weaknas import WeaknasError
from weaknas.spaces import Choices, NasBench101, NasBench201


def test_it_tells_kinds_with_their_neighbours():
    space = NasBench101()
    cells = space.from_str(["i3o:101", "i3o:111", "i33o:110101", "i1o:101"])
    one, skip, two, other = space.encode(cells, "wl").astype(bool)
    assert (one & other).sum() == 0  # what the input feeds and what feeds the output differ, too
    assert (one & skip).any()
    assert (skip & ~one).any()
    assert (two & ~one).any()


def test_the_most_common_subtrees_come_first_and_isomorphs_share_them():
    space = NasBench201()
    rows = space.enumerate()
    bits = space.encode(rows, "wl")
    share = bits.mean(axis=0)
    assert (np.diff(share) < 0.01).all()  # which are common was learned from a sample
    assert share.min() > 0.01
    np.testing.assert_array_equal(space.encode(rows[:50], "wl:7"), bits[:50, :7])
    np.testing.assert_array_equal(NasBench201().encode(rows[:50], "onehot+wl")[:, 30:], bits[:50])


@pytest.mark.parametrize("cells", ["darts", "darts-edges", "nasnet"])
def test_of_two_cells_each_has_subtrees_of_its_own(cells):
    space = weaknas.space(cells)
    rows = space.sample(50, np.random.default_rng(0))
    bits = space.encode(rows, "wl")
    half = rows.shape[1] // 2
    swapped = space.encode(np.roll(rows, half, axis=1), "wl")
    assert bits.any(axis=1).all()
    assert (bits != swapped).any(axis=1).all()


def test_a_space_without_cells_has_no_subtrees():
    space = Choices({"a": range(3), "b": range(3)})
    with pytest.raises(WeaknasError, match="no encoding 'graph'"):
        space.encode(space.enumerate(), "wl")
