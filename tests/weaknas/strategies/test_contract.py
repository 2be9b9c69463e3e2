"""The published contract, over every built-in strategy with fast predictors."""

import functools

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

import weaknas
from weaknas.spaces import NasBench101, NatsSize, OfaMobileNetV3
from weaknas.testing import StrategyContract


class Linear(RegressorMixin, BaseEstimator):
    """Least squares in a blink, unsure of everything alike."""

    def fit(self, X, y):
        self.mean_ = y.mean()
        self.weights_ = np.linalg.solve(X.T @ X + np.eye(X.shape[1]), X.T @ (y - self.mean_))
        return self

    def predict(self, X, return_std=False):
        mean = X @ self.weights_ + self.mean_
        return (mean, np.ones(len(X))) if return_std else mean


FAST = {
    "asha": {"fidelities": (1, 2, 6)},
    "bananas": {"predictor": Linear()},
    "brp-nas": {"predictor": Linear(), "train": 20, "batch": 10},
    "dngo": {"predictor": Linear()},
    "evolution": {"predictor": Linear(), "generations": 2, "population": 20},
    "freeze-thaw": {"fidelities": (1, 2, 6), "initial": 3},
    "hyperband": {"fidelities": (1, 2, 6)},
    "lanas": {"depth": 3},
    "nas-bowl": {"predictor": Linear()},
    "npenas": {"predictor": Linear()},
    "one-shot": {"predictor": Linear(), "initial": 15},
    "nsga2": {"population": 15},
    "regularized-evolution": {"population": 15, "sample": 5},
    "scalarized": {"population": 15, "sample": 5},
    "weaknas": {"predictor": Linear()},
    "weaknas-pareto": {"predictor": Linear(), "pool": 10},
}
"""Settings that pass the first phase soon; a strategy that is fast by itself needs no entry."""


NAMES = [name for name in weaknas.names("strategies") if ":" not in name]


@pytest.mark.parametrize("name", NAMES)
class TestBuiltins(StrategyContract):
    @pytest.fixture
    def make(self, name):
        return functools.partial(weaknas.strategy, name, **FAST.get(name, {}))


SEVERAL = {
    "nsga2": {"population": 15, "costs": ()},
    "optuna:nsgaii": {},
    "optuna:tpe": {},
    "random": {},
    "scalarized:weaknas": {"predictor": Linear(), "weights": 3},
    "weaknas-pareto": {"predictor": Linear(), "pool": 10, "costs": ()},
}


@pytest.mark.parametrize("name", SEVERAL)
class TestSeveralObjectives(StrategyContract):
    rounds = 4

    @pytest.fixture
    def make(self, name):
        return functools.partial(weaknas.strategy, name, objectives=2, **SEVERAL[name])


SPACES = {
    "nasbench101 raw": NasBench101,
    "nasbench201": lambda: weaknas.benchmark("nasbench201/cifar100").space,
    "digits": lambda: weaknas.benchmark("digits").space,
    "nats-size": NatsSize,
    "ofa": OfaMobileNetV3,
}
TABLES = {"nasbench201": "cifar100_file"}


@pytest.fixture(scope="module", params=[pytest.param(s, marks=[pytest.mark.data] * (s in TABLES)) for s in SPACES])
def space(request):
    if request.param in TABLES:
        request.getfixturevalue(TABLES[request.param])  # skips where the table is not
    return SPACES[request.param]()


@pytest.mark.parametrize("name", NAMES)
def test_builtins_run_on_every_space(space, name):
    searched(space, name, lambda batch: batch.sum(axis=1, dtype=float), rounds=3, n=20)


_QUICK = ("weaknas", "weaknas-pareto", "evolution", "lanas", "random", "sorted")  # the others would take half a minute


@pytest.mark.data
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in _QUICK)) for n in NAMES])
def test_builtins_run_on_a_large_table(large_table, name):
    searched(large_table, name, lambda batch: batch.sum(axis=1, dtype=float), rounds=3, n=20)


@pytest.fixture(scope="module")
def large_table(nasbench101_file):
    return weaknas.benchmark("nasbench101").space


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cells", ["darts", "darts-edges", "nasnet"])
def test_builtins_run_on_spaces_of_two_cells(cells, name):
    space = weaknas.space(cells)
    pool = {"candidates": 300} if "candidates" in weaknas.strategy(name, space, **FAST.get(name, {})).options else {}
    worth = np.random.default_rng(5).random(space.encode(space.sample(1, np.random.default_rng(0))).shape[1])
    searched(space, name, lambda batch: space.encode(batch) @ worth, rounds=6, n=5, **pool)


def searched(space, name, scores, rounds, n, **options):
    """Ask and tell some rounds: all that is asked for is valid, and no two are alike."""
    strategy = weaknas.strategy(name, space, seed=0, **FAST.get(name, {}) | options)
    keys = []
    for _ in range(rounds):
        batch, fidelity = strategy.ask(min(strategy.wants, n))
        assert len(batch)
        assert space.is_valid(batch).all()
        told = scores(batch)
        strategy.tell(batch, told if strategy.objectives == 1 else np.stack([told, -told], axis=1), fidelity)
        keys += [(key, fidelity) for key in space.code(batch).tolist()]
    assert len(set(keys)) == len(keys)
