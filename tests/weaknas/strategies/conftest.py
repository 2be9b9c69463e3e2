from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

from weaknas.spaces import NasBench201
from weaknas.strategies.weak import WeakNAS

SPACE = NasBench201()
WEIGHTS = np.random.default_rng(0).random(30)


def truth(batch):
    return 50 + SPACE.encode(batch) @ WEIGHTS


class Oracle(RegressorMixin, BaseEstimator):
    """Knows the score, and is the less sure the more operations a cell shares with the first one."""

    fits = ()

    def __init__(self, shift=0.0, warm_start=False):
        self.shift = shift
        self.warm_start = warm_start

    def fit(self, X, y):
        Oracle.fits = (*Oracle.fits, (id(self), self.shift, len(X)))
        self.count_ = getattr(self, "count_", 0) + 1
        return self

    def predict(self, X, return_std=False):
        mean = 50 + X @ WEIGHTS + self.shift
        return (mean, X[:, ::5].sum(1)) if return_std else mean


def started(kind=WeakNAS, **options):
    strategy = kind(SPACE, options.pop("predictor", Oracle()), seed=0, **options)
    batch = strategy.ask().batch
    strategy.tell(batch, truth(batch))
    return strategy


@pytest.fixture
def cells():
    """Cells whose scores are known: a strategy `started` on them has an `Oracle`, whose `fits` are counted."""
    Oracle.fits = ()
    rows = SPACE.enumerate()
    return SimpleNamespace(
        space=SPACE, rows=rows, truth=truth, best=np.sort(truth(rows))[::-1], Oracle=Oracle, started=started
    )
