"""The contract finds what is wrong: each predictor here breaks one promise."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.utils.validation import check_is_fitted, validate_data

from weaknas.testing import PredictorContract, verdicts


class Good(RegressorMixin, BaseEstimator):
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, X, y):
        X, y = validate_data(self, X, y, y_numeric=True)
        self.model_ = Ridge(alpha=self.alpha).fit(X, y)
        return self

    def predict(self, X, return_std=False):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        mean = self.model_.predict(X).astype(float)
        return (mean, np.ones(len(X))) if return_std else mean


class TestGood(PredictorContract):
    """As an author would write it."""

    @pytest.fixture
    def predictor(self):
        return Good()


class NotItself(Good):
    def fit(self, X, y):
        super().fit(X, y)


class Negated(Good):
    def fit(self, X, y):
        return super().fit(X, -y)


class Company(Good):
    def predict(self, X, return_std=False):
        mean = super().predict(X)
        mean = mean - mean.mean() + 50
        return (mean, np.ones(len(X))) if return_std else mean


class Accumulates(Good):
    def fit(self, X, y):
        self.X_ = np.concatenate([getattr(self, "X_", X[:0]), X])
        self.y_ = np.concatenate([getattr(self, "y_", y[:0]), y])
        return super().fit(self.X_, self.y_)


class Writes(Good):
    def fit(self, X, y):
        super().fit(X, y)
        y -= 1
        return self


class NeedsTwo(Good):
    def fit(self, X, y):
        if len(X) < 2:
            raise ValueError("too few")
        return super().fit(X, y)


class Raw(Good):
    def predict(self, X, return_std=False):
        mean = super().predict(X) * 2
        return (mean, np.ones(len(X))) if return_std else mean


class Changes(Good):
    def __init__(self, alpha=1.0):
        self.alpha = alpha * 2


class Random(Good):
    def fit(self, X, y):
        return super().fit(X, y + np.random.default_rng().normal(size=len(y)))


class Unpicklable(Good):
    def fit(self, X, y):
        self.helper_ = lambda: None
        return super().fit(X, y)


class Negative(Good):
    def predict(self, X, return_std=False):
        mean = super().predict(X)
        return (mean, -np.ones(len(X))) if return_std else mean


class Overlooks(Good):
    def fit(self, X, y):
        return super().fit(X, np.nan_to_num(y))


class Broadcasts(Good):
    def predict(self, X, return_std=False):
        mean = np.asarray(X)[:, :1].sum(1) * 1.0
        return (mean, np.ones(len(X))) if return_std else mean


class Eager(Good):
    """Its only fault is one that scikit-learn knows of."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha
        self.early = None


class Excepted(Eager):
    check_exceptions: ClassVar = {"check_no_attributes_set_in_init": "what is made early is no harm"}


class Nan(Good):
    def predict(self, X, return_std=False):
        return np.full(len(X), np.nan)


class Asserts(Good):
    def fit(self, X, y):
        raise AssertionError


class ArraysOnly(Good):
    def predict(self, X, return_std=False):
        check_is_fitted(self)
        return X[:, 0] * 1.0


class Constant(Good):
    def predict(self, X, return_std=False):
        return super().predict(X) * 0


class Plain:
    def fit(self, X, y):
        self.mean = y.mean()
        return self

    def predict(self, X):
        return X.sum(1) + self.mean


def failures(make):
    return {v.what: v.why for v in verdicts(PredictorContract(), make) if v.passed is False}


@pytest.mark.parametrize("make", [Good, Excepted])
def test_a_good_predictor_passes_everything(make):
    assert failures(make) == {}


@pytest.mark.parametrize(
    ("make", "what", "why"),
    [
        (NotItself, "`fit` returns the predictor", "must return the predictor itself"),
        (Negated, "ranks better than chance", "higher is better"),
        (Company, "does not depend on the rows beside it", "predict must treat rows one by one"),
        (Accumulates, "what a fresh predictor gives", "fit must start anew"),
        (Writes, "writes to its input", "y of fit was written to"),
        (NeedsTwo, "fitted to a single architecture", "failed to fit 1 architectures: ValueError: too few"),
        (Raw, "to within a point", "values up to 50 away"),
        (Changes, "`clone` works", "clone"),
        (Random, "`random_state` give the same", "give __init__ a parameter random_state=None"),
        (Unpicklable, "survives pickling", "pickle"),
        (Negative, "deviations of 0 or more", "Negative returned negative standard deviations"),
        (Nan, "finite numbers", "Nan returned NaN or infinity for 200 of 200"),
        (Plain, "`clone` works", "it has no get_params; derive it from"),
        (ArraysOnly, "Frames, and reversed", "predict of a DataFrame raises KeyError"),
        (Constant, "ranks better than chance", "it predicts the same number for every architecture"),
        (Asserts, "`fit` returns the predictor", "AssertionError (/"),
        (Overlooks, "A NaN or an infinity", "fit takes labels with nan"),
        (Broadcasts, "refuses another number of columns", "predict takes 29 columns"),
        (Broadcasts, "before `fit` raises", "predict before fit raises nothing; begin it with"),
        (Eager, "scikit-learn's own checks", "check_no_attributes_set_in_init: Estimator Eager should not set"),
    ],
)
def test_what_is_broken_is_found_and_said(make, what, why):
    found = failures(make)
    assert any(what in key and why in text for key, text in found.items()), found
