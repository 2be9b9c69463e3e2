import copy

import pytest

import weaknas
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table


@pytest.fixture(scope="session")
def searched(toy_frame):
    """A search of the made-up table."""
    toy = Table.from_frame(toy_frame, NasBench201(), name="toy")
    return weaknas.search(toy, weaknas.strategy("weaknas", toy.space, seed=2, predictor="random-forest"), budget=30)


@pytest.fixture
def result(searched):
    """What it found; a copy that a test may change."""
    return copy.deepcopy(searched)
