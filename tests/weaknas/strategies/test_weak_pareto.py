import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

import weaknas
from weaknas.errors import InvalidOption
from weaknas.pareto import front
from weaknas.spaces import Choices, NasBench201, OfaMobileNetV3
from weaknas.strategies.nsga2 import Nsga2
from weaknas.strategies.weak_pareto import WeakPareto

SPACE = NasBench201()


def area(points, most):
    """What a front of (accuracy, macs) dominates, cheapest first."""
    accuracy, macs = np.maximum.accumulate(points[:, 0]), points[:, 1]
    return float((np.diff(np.append(macs, most)) * accuracy).sum() / most)


@pytest.mark.slow
def test_it_finds_a_better_front_than_evolution():
    bench = weaknas.benchmark("digits")
    areas = {"weaknas-pareto": [], "nsga2": []}
    options = {"weaknas-pareto": {"predictor": "random-forest"}, "nsga2": {}}
    for seed in range(2):
        for name, found in areas.items():
            strategy = weaknas.strategy(name, bench.space, seed=seed, **options[name])
            result = weaknas.search(bench, strategy, 100)
            judge = Nsga2(bench.space)
            judge.tell(bench.space.from_str(result.history["arch"]), result.history["valid_acc"])
            found.append(area(judge.front()[1], 500_000))
    assert np.mean(areas["weaknas-pareto"]) > np.mean(areas["nsga2"])


def told(strategy, scores, rounds=3):
    for _ in range(rounds):
        batch = strategy.ask().batch
        strategy.tell(batch, scores(batch))
    return strategy


WORTH = np.outer(np.arange(10, 16), [0, 0, 1, 3, 0]).astype(np.float32)  # of each operation on each edge


def worth(batch):
    return WORTH[np.arange(6), batch].sum(axis=1).astype(float)


class Oracle(RegressorMixin, BaseEstimator):
    """Knows what convolutions are worth."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return X @ WORTH.ravel()


def test_a_batch_comes_from_the_first_of_the_predicted_front():
    strategy = told(WeakPareto(SPACE, Oracle(), pool=10, batch=10, explore=0.0, seed=0), worth)
    every = SPACE.enumerate()
    every = every[~np.isin(SPACE.code(every), SPACE.code(strategy._memory.batch))]
    first = every[front(np.stack([worth(every), -SPACE.cost(every).macs], axis=1))]
    assert len(first) > 10
    assert np.isin(SPACE.code(strategy.ask().batch), SPACE.code(first)).all()


def test_pool_is_how_many_a_batch_is_drawn_from():
    def batches(pool):
        strategy = WeakPareto(SPACE, Oracle(), pool=pool, batch=5, explore=0.0, seed=0)
        return told(strategy, worth).ask(5).batch

    assert not np.array_equal(batches(5), batches(200))


@pytest.mark.parametrize("name", ["weaknas-pareto", "nsga2"])
def test_several_scores_can_be_told(name):
    def scores(batch):
        return np.stack([batch.sum(axis=1), -(batch**2).sum(axis=1)], axis=1).astype(float)

    strategy = told(weaknas.strategy(name, SPACE, costs=(), objectives=2, seed=0), scores, rounds=6)
    batch, points = strategy.front()
    np.testing.assert_array_equal(points, scores(batch))
    assert (np.diff(points[:, 0]) <= 0).all()
    assert (np.diff(points[:, 1]) >= 0).all()
    strategy.reserve(strategy.ask(3).batch)
    assert len(strategy.ask(3).batch) == 3
    with pytest.raises(InvalidOption, match="tell needs 2 scores for each of 1 architectures"):
        strategy.tell(batch[:1], [1.0])


def test_a_large_space_is_searched_by_candidates():
    space = OfaMobileNetV3()
    strategy = told(WeakPareto(space, "ridge", candidates=400, seed=0), lambda b: b.sum(axis=1, dtype=float), rounds=2)
    assert len(strategy.ask().batch) == 10
    assert len(strategy._ranking.mean) <= 400


@pytest.mark.parametrize("name", ["weaknas-pareto", "nsga2"])
def test_there_is_something_to_trade(name):
    assert weaknas.strategy(name, SPACE, costs="params").costs == ("params",)
    with pytest.raises(InvalidOption, match="does not know 'watts' of its architectures; it knows params, macs"):
        weaknas.strategy(name, SPACE, costs=("watts",))
    with pytest.raises(InvalidOption, match="it knows nothing"):
        weaknas.strategy(name, Choices({"a": (1, 2)}))
    with pytest.raises(InvalidOption, match=f"{name} needs two objectives: name in costs what is to be small"):
        weaknas.strategy(name, SPACE, costs=())
    with pytest.raises(InvalidOption, match="objectives is a whole number from 1"):
        weaknas.strategy(name, SPACE, objectives=0)
