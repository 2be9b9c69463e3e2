import numpy as np
import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import NasBench201
from weaknas.strategies.hyperband import Hyperband

SPACE = NasBench201()


def run(rounds, **options):
    """Return what is asked for, as (fidelity, codes), where the code of an architecture is its score."""
    strategy = Hyperband(SPACE, (1, 2, 6), seed=0, **options)
    asked = []
    for _ in range(rounds):
        batch, fidelity = strategy.ask()
        codes = SPACE.code(batch).astype(float)
        strategy.tell(batch, codes, fidelity)
        asked.append((fidelity, codes.tolist()))
    return asked


def test_the_best_third_goes_on():
    (first, many), (second, some), (third, one), *_ = run(6)
    assert (first, second, third) == (1, 2, None)
    assert (len(many), len(some), len(one)) == (9, 3, 1)
    assert some == sorted(many, reverse=True)[:3]
    assert one == [max(many)]


def test_brackets_start_at_the_next_level_in_turn():
    assert [fidelity for fidelity, _ in run(9)] == [1, 2, None, 2, None, None, 1, 2, None]
    assert [fidelity for fidelity, _ in run(6, brackets=1)] == [1, 2, None] * 2


@pytest.mark.parametrize(("options", "sizes"), [({"eta": 2}, [4, 2, 1]), ({"survivors": 2}, [18, 6, 2])])
def test_sizes_follow_from_eta_and_survivors(options, sizes):
    assert [len(codes) for _, codes in run(3, **options)] == sizes


def test_a_failed_architecture_does_not_go_on():
    strategy = Hyperband(SPACE, (1, 6), seed=0)
    batch, fidelity = strategy.ask()
    strategy.tell(batch, [np.nan, np.nan, 1.0], fidelity)
    np.testing.assert_array_equal(strategy.ask().batch, batch[2:])


def test_a_fidelity_that_it_does_not_use_is_refused():
    strategy = Hyperband(SPACE, (1, 6), seed=0)
    with pytest.raises(InvalidOption, match="fidelity 3 is none of 1, 6"):
        strategy.tell(strategy.ask().batch, [1.0, 2.0, 3.0], 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fidelities": (6,)}, "two or more numbers of epochs"),
        ({"fidelities": (1, 6), "eta": 1}, "eta is a whole number from 2"),
    ],
)
def test_options_outside_their_range_are_refused(options, message):
    with pytest.raises(InvalidOption, match=message):
        Hyperband(SPACE, seed=0, **options)
