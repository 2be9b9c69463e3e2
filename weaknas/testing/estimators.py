"""scikit-learn's own checks of estimators, as far as they apply to a predictor."""

import traceback
import warnings
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["broken_checks"]

_FLOAT32 = dict.fromkeys(
    ("check_methods_subset_invariance", "check_methods_sample_order_invariance"),
    "scores in float32, which spaces are encoded in, agree to fewer than the seven digits asked for",
)
# Of every predictor; the contract has a test of its own for a row alone and in company.
_WARM = dict.fromkeys(
    ("check_fit_idempotent", "check_supervised_y_2d"), "a second fit goes on from the first, as warm_start says"
)


def broken_checks(predictor: Any) -> list[str]:
    """Return a sentence for each of scikit-learn's checks that an unfitted predictor fails, and is not excepted from.

    Excepted are what float32 and `warm_start` bring, and what the predictor lists in an attribute `check_exceptions`:
    reasons, by the names of checks.
    """
    from sklearn.utils.estimator_checks import check_estimator

    exceptions = _FLOAT32 | dict(getattr(predictor, "check_exceptions", {}))
    if getattr(predictor, "warm_start", False):
        exceptions |= _WARM
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        results = check_estimator(predictor, expected_failed_checks=exceptions, on_skip=None, on_fail=None)
    broken = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    return [f"{check}: {_said(error)}" for check, error in broken.items()]


def _said(error: Exception) -> str:
    """Return what a check says, its own line where it says nothing, and the error that it came upon."""
    text = " ".join(str(error).split()) or str(traceback.extract_tb(error.__traceback__)[-1].line)
    cause = error.__cause__
    return f"{text[:300].rstrip('.')}" + (f" (from {type(cause).__name__}: {cause})" if cause else "") + "."
