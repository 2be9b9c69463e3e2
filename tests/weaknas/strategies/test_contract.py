"""The published contract, over every built-in strategy with fast predictors."""

import functools

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

import weaknas
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
    "bananas": {"predictor": Linear()},
    "brp-nas": {"predictor": Linear(), "train": 20, "batch": 10},
    "dngo": {"predictor": Linear()},
    "evolution": {"predictor": Linear(), "generations": 2, "population": 20},
    "hyperband": {"fidelities": (1, 2, 6)},
    "nas-bowl": {"predictor": Linear()},
    "npenas": {"predictor": Linear()},
    "one-shot": {"predictor": Linear(), "initial": 15},
    "nsga2": {"population": 15},
    "regularized-evolution": {"population": 15, "sample": 5},
    "weaknas": {"predictor": Linear()},
    "weaknas-pareto": {"predictor": Linear()},
}
"""Settings that pass the first phase soon; a strategy that is fast by itself needs no entry."""


@pytest.mark.parametrize("name", [name for name in weaknas.names("strategies") if ":" not in name])
class TestBuiltins(StrategyContract):
    @pytest.fixture
    def make(self, name):
        return functools.partial(weaknas.strategy, name, **FAST.get(name, {}))
