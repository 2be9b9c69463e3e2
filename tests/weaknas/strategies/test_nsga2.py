import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import Choices, NasBench201
from weaknas.strategies.nsga2 import Nsga2


def area(points):
    """What a front of (accuracy, macs) dominates, cheapest first."""
    accuracy, macs = np.maximum.accumulate(points[:, 0]), points[:, 1]
    return float((np.diff(np.append(macs, 500_000)) * accuracy).sum())


def test_it_finds_a_better_front_than_chance():
    bench = weaknas.benchmark("digits")
    areas = {"nsga2": [], "random": []}
    for seed in range(3):
        for name, found in areas.items():
            result = weaknas.search(bench, weaknas.strategy(name, bench.space, seed=seed), 300)
            judge = Nsga2(bench.space)
            judge.tell(bench.space.from_str(result.history["arch"]), result.history["valid_acc"])
            found.append(area(judge.front()[1]))
    assert np.mean(areas["nsga2"]) > np.mean(areas["random"])


def test_the_front_is_sorted_and_undominated():
    strategy = Nsga2(NasBench201(), population=10, seed=0)
    for _ in range(5):
        batch = strategy.ask().batch
        strategy.tell(batch, batch.sum(1))
    batch, points = strategy.front()
    np.testing.assert_array_equal(points[:, 1], NasBench201().cost(batch).macs)
    assert (np.diff(points[:, 1]) >= 0).all()
    assert (np.diff(points[:, 0]) >= 0).all()


def test_costs_must_be_known():
    assert Nsga2(NasBench201(), costs="params").costs == ("params",)
    with pytest.raises(InvalidOption, match="does not know 'watts' of its architectures; it knows params, macs"):
        Nsga2(NasBench201(), costs=("watts",))
    with pytest.raises(InvalidOption, match="it knows nothing"):
        Nsga2(Choices({"a": (1, 2)}))
    with pytest.raises(InvalidOption, match="costs names what is to be small"):
        Nsga2(NasBench201(), costs=())
