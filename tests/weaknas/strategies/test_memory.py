import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import Choices, NasBench101
from weaknas.strategies.memory import Memory

SMALL = Choices({"a": range(4), "b": range(3)})


def test_fresh_exhausts_a_small_space_without_repeating():
    memory = Memory(SMALL)
    rng = np.random.default_rng(0)
    drawn = np.concatenate([memory.fresh(5, rng) for _ in range(3)])
    assert len(drawn) == 12
    assert len(np.unique(SMALL.code(drawn))) == 12
    assert len(memory.fresh(5, rng)) == 0


def test_what_was_told_is_not_drawn():
    memory = Memory(SMALL)
    told = SMALL.enumerate()[:11]
    memory.tell(told, np.arange(11.0))
    np.testing.assert_array_equal(memory.fresh(5, np.random.default_rng(0)), SMALL.enumerate()[11:])


def test_failed_evaluations_are_seen_but_not_kept():
    memory = Memory(SMALL)
    kept = memory.tell(SMALL.enumerate()[:3], [1.0, np.nan, 3.0])
    assert kept.tolist() == [True, False, True]
    assert memory.scores.tolist() == [1.0, 3.0]
    np.testing.assert_array_equal(memory.batch, SMALL.enumerate()[[0, 2]])
    assert memory.ids.tolist() == [0, 2]
    assert memory.is_new(np.arange(4)).tolist() == [False, False, False, True]


@pytest.mark.parametrize("scores", [[1.0], [[1.0, 2.0]], 1.0])
def test_scores_that_do_not_fit_are_refused(scores):
    with pytest.raises(InvalidOption, match="one score for each of 2"):
        Memory(SMALL).tell(SMALL.enumerate()[:2], scores)


def test_a_large_space_is_told_apart_by_key():
    space = NasBench101()
    memory = Memory(space)
    assert memory.rows is None
    memory.tell(space.from_str(["i13o:110011"]), [1.0])
    assert not memory.is_new(memory.identify(space.from_str(["i31o:110011"])))[0]
    drawn = memory.fresh(500, np.random.default_rng(0))
    assert len(np.unique(space.key(drawn))) == 500


def test_what_is_suggested_is_drawn_first_unless_it_is_seen():
    rows = SMALL.enumerate()
    memory = Memory(SMALL)
    memory.suggest(rows[[7, 8, 9]])
    memory.mark(rows[[8]])
    rng = np.random.default_rng(0)
    assert memory.fresh(1, rng).tolist() == rows[[7]].tolist()
    other = Memory(SMALL)
    other.load_state_dict(memory.state_dict())
    drawn = other.fresh(3, rng)
    assert drawn[0].tolist() == rows[9].tolist()
    assert len(np.unique(SMALL.code(drawn))) == 3
