import numpy as np

import weaknas
from weaknas.spaces import NasBench201
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
