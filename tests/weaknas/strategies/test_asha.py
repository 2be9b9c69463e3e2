import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201
from weaknas.strategies.asha import Asha

SPACE = NasBench201()


def told(strategy, scores):
    """Ask for one architecture at a time and tell the scores; return where each was asked for, by its name."""
    names, asked = {}, []
    for score in scores:
        (row,), fidelity = strategy.ask(1)
        asked.append((names.setdefault(row.tobytes(), len(names)), fidelity))
        strategy.tell(row[None], [score], fidelity)
    return asked


def test_one_goes_on_as_soon_as_it_is_among_the_best_of_its_rung_the_highest_rung_first():
    # eta = 2: of two architectures the better one goes on, of two that went on the better one again.
    asked = told(Asha(SPACE, (1, 2, 6), eta=2, seed=0), [10, 20, 21, 30, 31, 32, 5, 15])
    assert asked == [(0, 1), (1, 1), (1, 2), (2, 1), (2, 2), (2, None), (3, 1), (4, 1)]


def test_eta_says_how_many_go_on():
    asked = told(Asha(SPACE, (1, 6), eta=3, seed=0), [1, 2, 3, 4, 5])
    assert [fidelity for _, fidelity in asked] == [1, 1, 1, None, 1]


def test_what_is_pending_holds_nothing_up():
    strategy = Asha(SPACE, (1, 6), eta=2, seed=0)
    asks = [strategy.ask(1) for _ in range(20)]
    assert {fidelity for _, fidelity in asks} == {1}
    for batch, fidelity in asks[:2]:
        strategy.tell(batch, SPACE.code(batch).astype(float), fidelity)
    batch, fidelity = strategy.ask(3)
    assert fidelity is None
    assert SPACE.code(batch).tolist() == [max(SPACE.code(ask.batch)[0] for ask in asks[:2])]


def test_a_failed_architecture_counts_at_its_rung_and_does_not_go_on():
    asked = told(Asha(SPACE, (1, 6), eta=2, seed=0), [np.nan, np.nan, np.nan, 1.0, 2.0])
    assert asked == [(0, 1), (1, 1), (2, 1), (3, 1), (3, None)]


def test_what_is_evaluated_elsewhere_is_not_promoted_twice():
    strategy = Asha(SPACE, (1, 6), eta=2, seed=0)
    rows = SPACE.enumerate()[:2]
    strategy.tell(rows, [1.0, 2.0], 1)
    strategy.reserve(rows[1:])
    assert strategy.ask(1).fidelity == 1
    strategy.tell(rows[1:], [3.0])


def test_options_outside_their_range_are_refused():
    with pytest.raises(InvalidOption, match="two or more numbers of epochs"):
        Asha(SPACE, (6,))
    with pytest.raises(InvalidOption, match="eta is a whole number from 2"):
        Asha(SPACE, (1, 6), eta=1)
    with pytest.raises(InvalidOption, match="fidelity 3 is none of 1, 6"):
        Asha(SPACE, (1, 6)).tell(SPACE.enumerate()[:1], [1.0], 3)
