"""The checks of data and state that every predictor has in common, by scikit-learn's own functions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import assert_all_finite, check_is_fitted, validate_data

from weaknas.errors import InvalidOption

from . import Doubles

__all__ = ["CheckedRegressor"]

_SET_BY_CHECKS = {"n_features_in_", "feature_names_in_"}  # attributes that do not make a predictor fitted
_DTYPES = (np.float64, np.float32)  # features in one of these are not converted, so that no check changes results


class InvalidData(InvalidOption, TypeError):
    """Features or scores that cannot be learned from; scikit-learn's convention is a TypeError for some of them."""


class CheckedRegressor(RegressorMixin, BaseEstimator):
    """A regressor that refuses, in one sentence, what it cannot learn from or was not fitted for.

    `fit` begins with `_check_training`, `predict` with `_check_query`. Both take an array, a list or a data frame, in
    any memory layout, and return arrays in C order.
    """

    def _check_training(self, X: ArrayLike, y: ArrayLike, continues: bool = False) -> tuple[Any, Doubles]:
        """Return `(n, f)` features and `(n,)` scores to be learned, and keep what `predict` must be given.

        Args:
            X: the features.
            y: the scores.
            continues: whether the fit continues from an earlier one, which had the same columns.

        Raises:
            InvalidOption: they have wrong shapes or are not finite numbers.
        """
        with self._one_sentence():
            _check_no_dates(X)
            features, scores = validate_data(self, X, y, reset=not continues, y_numeric=True, **self._input_options())
            if scores.dtype.kind not in "fiub":
                raise ValueError(f"y is {'text' if scores.dtype.kind == 'U' else scores.dtype.name}, not numbers")
            scores = np.asarray(scores, dtype=np.float64)
            assert_all_finite(scores, input_name="y")  # again: None became NaN only now
            return _check_within_float32(features, "X"), _check_within_float32(scores, "y")

    def _check_query(self, X: ArrayLike) -> Any:
        """Return `(m, f)` features of the kind that the predictor was fitted to.

        Raises:
            NotFittedError: the predictor was not fitted.
            InvalidOption: they have other columns than those of the fit, or are not finite numbers.
        """
        check_is_fitted(self)
        with self._one_sentence():
            _check_no_dates(X)
            return _check_within_float32(validate_data(self, X, reset=False, **self._input_options()), "X")

    def _input_options(self) -> dict[str, Any]:
        allow_nan = get_tags(self).input_tags.allow_nan
        return {"dtype": _DTYPES, "order": "C", "ensure_all_finite": "allow-nan" if allow_nan else True}

    @contextmanager
    def _one_sentence(self) -> Iterator[None]:
        """Raise the errors of scikit-learn's checks as one sentence that says what to do."""
        try:
            yield
        except (TypeError, ValueError) as error:
            message, *rest = str(error).splitlines()
            remedy = ""
            if "NaN" in message or "infinity" in message:
                remedy = "; leave these architectures out, or fill in what is missing"
            elif any(line.startswith("Reshape") for line in rest):
                remedy = "; Reshape your data to a row for each architecture"  # as scikit-learn's checks spell it
            raise InvalidData(f"{type(self).__name__}: {message.rstrip('.:')}{remedy}.") from error

    def __sklearn_is_fitted__(self) -> bool:
        fitted = {name for name in vars(self) if name.endswith("_") and not name.startswith("_")}
        return bool(fitted - _SET_BY_CHECKS)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # scikit-learn's trees would accept all of these.
        tags.input_tags.sparse = tags.input_tags.allow_nan = tags.target_tags.multi_output = False
        return tags


def _check_no_dates(X: Any) -> None:
    """Refuse dates and times, which scikit-learn would read as the integers that they are stored as."""
    dtypes = np.ravel(np.array(getattr(X, "dtypes", getattr(X, "dtype", None)), dtype=object))
    if any(getattr(dtype, "kind", "") in ("M", "m") for dtype in dtypes):
        raise ValueError("X holds dates or times, not numbers")


def _check_within_float32(values: Any, name: str) -> Any:
    """Return the values if float32 can hold them: most predictors compute in it, where others would be infinite."""
    if values.dtype == np.float64 and np.nanmax(np.abs(values), initial=0.0) > np.finfo(np.float32).max:
        raise ValueError(f"Input {name} contains values beyond those of float32, {np.finfo(np.float32).max:.2g}")
    return values
