import numpy as np
import pytest

from weaknas import Ask, Strategy
from weaknas.strategies.random import RandomSearch
from weaknas.testing import StrategyContract, verdicts


class Repeats(RandomSearch):
    """Asks for what it asked for before."""

    def ask(self, n=None):
        return Ask(self.space.sample(self.wants if n is None else n, np.random.default_rng(0)))


class Ignores(RandomSearch):
    """Does not look at what it is told."""

    def tell(self, batch, scores, fidelity=None):
        pass


class Unseeded(RandomSearch):
    """Draws from another seed each time."""

    def __init__(self, space, seed=0):
        super().__init__(space, seed)
        self.rng = np.random.default_rng()


def failed(strategy: type[Strategy]) -> set[str]:
    return {verdict.what for verdict in verdicts(StrategyContract(), lambda: strategy) if verdict.passed is False}


def test_a_good_strategy_passes_everything():
    assert failed(RandomSearch) == set()


@pytest.mark.parametrize(
    ("strategy", "what"),
    [
        (Repeats, "It asks for valid architectures, none of them twice, and not for more than it is told to"),
        (Ignores, "Too few scores, and architectures outside the space, are refused by an error of weaknas"),
        (Unseeded, "The same seed and calls give the same architectures, another seed others"),
    ],
)
def test_what_is_broken_is_found_and_said(strategy, what):
    assert what in failed(strategy)
