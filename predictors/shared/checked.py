"""The looks at data and state that every predictor has in common, by scikit-learn's own functions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import assert_all_finite, check_is_fitted, validate_data

from weaknas.errors import InvalidOption

__all__ = ["Checked"]

_NOTED = ("n_features_in_", "feature_names_in_")  # by a check; they make no fit
_FLOATS = (np.float64, np.float32)  # features in one of these stay in it: the numbers must not depend on a check


class InvalidData(InvalidOption, TypeError):
    """Features or scores that cannot be learned from; scikit-learn's convention wants a TypeError for some of them."""


class Checked(RegressorMixin, BaseEstimator):
    """A regressor that refuses, in one sentence, what it cannot learn from or was not fitted for.

    `fit` begins with `_training`, `predict` with `_asked`. Both take whatever array, list or frame there is, in any
    memory layout, and return arrays as C has them.
    """

    def _training(self, X: ArrayLike, y: ArrayLike, goes_on: bool = False) -> tuple[Any, NDArray[np.float64]]:
        """Return `(n, f)` features and `(n,)` scores to be learned, and note what `predict` must be given.

        Args:
            X: the features.
            y: the scores.
            goes_on: whether the fit goes on from an earlier one, whose columns these must be.

        Raises:
            InvalidOption: they have other shapes or are no finite numbers.
        """
        with self._refusing():
            _no_dates(X)
            features, scores = validate_data(self, X, y, reset=not goes_on, y_numeric=True, **self._accepted())
            if scores.dtype.kind not in "fiub":
                raise ValueError(f"y is {'text' if scores.dtype.kind == 'U' else scores.dtype.name}, not numbers")
            scores = np.asarray(scores, dtype=np.float64)
            assert_all_finite(scores, input_name="y")  # once more: what was None was no number before
            return _within(features, "X"), _within(scores, "y")

    def _asked(self, X: ArrayLike) -> Any:
        """Return `(m, f)` features of the kind that the predictor was fitted to.

        Raises:
            NotFittedError: it was not.
            InvalidOption: they have other columns, or are no finite numbers.
        """
        check_is_fitted(self)
        with self._refusing():
            _no_dates(X)
            return _within(validate_data(self, X, reset=False, **self._accepted()), "X")

    def _accepted(self) -> dict[str, Any]:
        missing = get_tags(self).input_tags.allow_nan
        return {"dtype": _FLOATS, "order": "C", "ensure_all_finite": "allow-nan" if missing else True}

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except (TypeError, ValueError) as error:
            said, *rest = str(error).splitlines()
            remedy = ""
            if "NaN" in said or "infinity" in said:
                remedy = "; leave these architectures out, or fill in what is missing"
            elif any(line.startswith("Reshape") for line in rest):
                remedy = "; Reshape your data to a row for each architecture"  # as scikit-learn's checks spell it
            raise InvalidData(f"{type(self).__name__}: {said.rstrip('.:')}{remedy}.") from error

    def __sklearn_is_fitted__(self) -> bool:
        return any(name.endswith("_") and not name.startswith("_") and name not in _NOTED for name in vars(self))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Trees of scikit-learn would take all of these.
        tags.input_tags.sparse = tags.input_tags.allow_nan = tags.target_tags.multi_output = False
        return tags


def _no_dates(X: Any) -> None:
    """Refuse dates and times, which scikit-learn would take for the numbers that they are stored as."""
    dtypes = np.ravel(np.array(getattr(X, "dtypes", getattr(X, "dtype", None)), dtype=object))
    if any(getattr(dtype, "kind", "") in ("M", "m") for dtype in dtypes):
        raise ValueError("X holds dates or times, not numbers")


def _within(values: Any, name: str) -> Any:
    """Return values that float32 holds too, in which most predictors compute: others would become infinite there."""
    if values.dtype == np.float64 and np.nanmax(np.abs(values), initial=0.0) > np.finfo(np.float32).max:
        raise ValueError(f"Input {name} contains values beyond those of float32, {np.finfo(np.float32).max:.2g}")
    return values
