"""Fitting a predictor and scoring architectures with it, checked and repeatable.

Fits and predictions run on one BLAS thread, and predictions go over fixed blocks of rows, so that the numbers
do not depend on how many workers there are.
"""

import inspect
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from .contracts import Predictor, Scores
from .errors import InvalidOption, PluginError, WeaknasError, plugin_sentence
from .spaces import Floats, Space
from .spaces.arrays import BLOCK

__all__ = ["check_reusable", "encoding_of", "fit", "fresh", "has_std", "listed", "predict", "predict_with_std", "seed"]


def listed(predictor: Predictor) -> tuple[str, ...]:
    """Return the encodings that a predictor lists in its attribute `encodings`, none without it.

    Raises:
        PluginError: the attribute is no tuple of names.
    """
    try:
        wanted = getattr(predictor, "encodings", None)
    except WeaknasError:  # of a part of it
        raise
    except Exception as error:
        raise _failed(predictor, "tell its encodings", error) from error
    if not hasattr(predictor, "encodings"):
        return ()
    if not isinstance(wanted, tuple | list) or not wanted or not all(isinstance(kind, str) for kind in wanted):
        raise _broken(predictor, f"has encodings = {wanted!r}, which is no tuple of names")
    return tuple(wanted)


def check_reusable(predictor: Any) -> None:
    """Refuse what cannot be copied and fitted again, as strategies and meta-predictors do.

    Raises:
        PluginError: it is no scikit-learn estimator.
    """
    if isinstance(predictor, type):
        raise PluginError(f"a predictor is an object, not the class {predictor.__name__}; call it.")
    verbs = ("fit", "predict", "get_params")
    if missing := [verb for verb in verbs if not callable(getattr(predictor, verb, None))]:
        raise _broken(predictor, f"has no {', '.join(missing)}; derive it from sklearn.base.BaseEstimator")


def fresh(predictor: Any) -> Any:
    """Return an unfitted copy of a predictor, as scikit-learn's `clone` makes it.

    Raises:
        PluginError: it cannot be copied.
    """
    from sklearn.base import clone

    check_reusable(predictor)
    try:
        return clone(predictor)
    except WeaknasError:  # of a part of it
        raise
    except Exception as error:
        raise _failed(predictor, "be copied", error) from error


def encoding_of(predictor: Predictor, space: Space) -> str:
    """Return the encoding to use where none is named: the first of `predictor.encodings` that the space has.

    A predictor without the attribute `encodings` takes the space's default.

    Raises:
        InvalidOption: the space has none of the encodings that the predictor can use.
        PluginError: the attribute is no tuple of names.
    """
    wanted = listed(predictor) or (space.default_encoding,)
    for kind in wanted:
        if space.has_encoding(kind):
            return kind
    raise InvalidOption(
        f"the predictor {type(predictor).__name__} needs the encoding {' or '.join(wanted)}, which {space.name} "
        f"does not have; choose another predictor."
    )


def has_std(predictor: Predictor) -> bool:
    """Return whether a predictor has an uncertainty: whether its `predict` takes `return_std`."""
    return "return_std" in inspect.signature(predictor.predict).parameters


def seed(predictor: Any, draw: Callable[[], int]) -> None:
    """Give a predictor a seed, and one that has none of its own, such as a pipeline, one for each of its parts.

    Args:
        predictor: a scikit-learn estimator.
        draw: returns a seed; not called for a predictor without randomness.

    Raises:
        PluginError: the predictor raised.
    """
    try:
        params = predictor.get_params() if hasattr(predictor, "get_params") else {}
        parts = [name for name in sorted(params) if name.endswith("__random_state")]
        if names := ["random_state"] if "random_state" in params else parts:
            predictor.set_params(**{name: draw() for name in names})
    except WeaknasError:  # of a part of it
        raise
    except Exception as error:
        raise _failed(predictor, "take a seed", error) from error


def fit(predictor: Predictor, features: Floats, scores: Scores) -> None:
    """Fit a predictor to `(n, f)` features and `(n,)` finite scores.

    Raises:
        InvalidOption: a score is NaN or infinite, or there are not as many as architectures.
        PluginError: the predictor raised; the message names it, what it said and where.
    """
    if np.shape(scores) != (len(features),):
        raise InvalidOption(f"{len(features)} architectures need as many scores, not {np.shape(scores)}.")
    if bad := int((~np.isfinite(scores)).sum()):
        raise InvalidOption(f"{bad} of {len(features)} scores are NaN or infinite; leave failed evaluations out.")
    with _pools(len(sys.modules)).limit(limits=1):
        try:
            predictor.fit(features, scores)
        except (Exception, SystemExit) as error:
            raise _failed(predictor, f"fit {len(features)} architectures", error) from error


def predict(predictor: Predictor, features: Floats, jobs: int = 1) -> Scores:
    """Return `(m,)` predicted scores, none of none.

    Args:
        predictor: a fitted predictor.
        features: `(m, f)`, possibly memory-mapped.
        jobs: threads that share the blocks; they do not change the result.

    Raises:
        PluginError: the predictor raised, or returned NaN or a wrong shape.
    """
    (mean,) = _predict(predictor, features, jobs, std=False)
    scores: Scores = mean
    return scores


def predict_with_std(predictor: Predictor, features: Floats, jobs: int = 1) -> tuple[Scores, Scores]:
    """Return `(m,)` predicted scores and their `(m,)` standard deviations, as `predict` does.

    Raises:
        PluginError: as `predict`; also where the predictor has no `return_std`.
    """
    if not has_std(predictor):
        raise _broken(predictor, "has no uncertainty (its predict takes no return_std); choose another")
    mean, std = _predict(predictor, features, jobs, std=True)
    if (std < 0).any():
        raise _broken(predictor, "returned negative standard deviations")
    return mean, std


def _predict(predictor: Predictor, features: Floats, jobs: int, std: bool) -> NDArray[np.float64]:
    """Return `(1, m)` scores, or `(2, m)` scores and deviations."""
    options = {"return_std": True} if std else {}

    def block(start: int) -> NDArray[np.float64]:
        part = np.ascontiguousarray(features[start : start + BLOCK])
        try:
            answer = predictor.predict(part, **options)
            rows = np.asarray(answer if std else [answer], dtype=np.float64)
        except (Exception, SystemExit) as error:
            raise _failed(predictor, f"predict {len(part)} architectures", error) from error
        if rows.shape != (1 + std, len(part)):
            each = " for each of mean and deviation" if std else ""
            raise _broken(
                predictor,
                f"returned shape {rows.shape[1:]} for {len(part)} architectures, not ({len(part)},){each}",
            )
        if not np.isfinite(rows).all():
            bad = int((~np.isfinite(rows)).any(axis=0).sum())
            raise _broken(predictor, f"returned NaN or infinity for {bad} of {len(part)} architectures")
        return rows

    starts = range(0, len(features), BLOCK)
    if not len(features):
        return np.zeros((1 + std, 0))
    with _pools(len(sys.modules)).limit(limits=1):
        if jobs == 1 or len(starts) == 1:
            return np.concatenate([block(start) for start in starts], axis=1)
        blocks = Parallel(n_jobs=jobs, prefer="threads")(delayed(block)(start) for start in starts)
        return np.concatenate(blocks, axis=1)


@lru_cache(maxsize=1)
def _pools(modules: int) -> ThreadpoolController:
    """Return the thread pools of the libraries that are loaded; a search for them costs milliseconds.

    Args:
        modules: how many modules are imported: one more can have brought another library.
    """
    return ThreadpoolController()


def _failed(predictor: Predictor, what: str, error: BaseException) -> PluginError:
    return _broken(predictor, f"failed to {what}: {plugin_sentence(error, type(predictor))}")


def _broken(predictor: Predictor, what: str) -> PluginError:
    return PluginError(f"the predictor {type(predictor).__name__} {what.rstrip('.')}.")
