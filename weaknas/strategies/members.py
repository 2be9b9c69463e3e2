"""The predictors of a strategy: names, objects or several of either, turned once into what is fitted."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import doors, scoring
from ..contracts import Predictor
from ..errors import InvalidOption
from ..spaces import Space

__all__ = ["Member", "Predictors", "members"]

Predictors = str | Predictor | Sequence[str | Predictor]
"""A predictor or the name of one; or several, which take turns."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the predictors of a strategy.

    Attributes:
        name: as it was named, or how the object shows itself.
        predictor: never fitted itself; rounds fit copies.
        encoding: the features that it learns from.
    """

    name: str
    predictor: Any
    encoding: str


def members(given: Predictors | None, defaults: Sequence[str], encoding: str | None, space: Space) -> list[Member]:
    """Return the predictors that an option names, each tried on one architecture's features.

    Args:
        given: the option; if None, the first of the defaults that the space has an encoding for, or the last.
        defaults: names.
        encoding: features for all of them; if None, the predictor's choice or the space's default.
        space: the architectures that they learn from.

    Raises:
        InvalidOption: the option is nothing of that kind, or the space has no encoding that a predictor can use.
        NotFound: no such predictor or encoding.
        PluginError: a predictor that is no scikit-learn regressor.
    """
    if encoding is not None and not isinstance(encoding, str):
        raise InvalidOption(f"encoding is the name of one, not {encoding!r}.")
    named = [_first_usable(defaults, space)] if given is None else _made(given)
    for _, predictor in named:
        scoring.fresh(predictor)  # refuses what could not be fitted each round, before anything was paid for
    found = [Member(name or repr(one), one, encoding or scoring.encoding_of(one, space)) for name, one in named]
    for member in found:
        space.encode(space.sample(1, np.random.default_rng(0)), member.encoding)
    return found


def _made(given: Predictors) -> list[tuple[str, Any]]:
    """Return the predictors and their names, empty where an object was given."""
    several = list(given) if isinstance(given, list | tuple) else [given]
    if not several or not all(isinstance(one, str) or hasattr(one, "fit") for one in several):
        raise InvalidOption(f"predictor is a name, a scikit-learn regressor or a list of such, not {given!r}.")
    return [(one, doors.PREDICTORS.create(one)) if isinstance(one, str) else ("", one) for one in several]


def _first_usable(names: Sequence[str], space: Space) -> tuple[str, Any]:
    *better, last = names
    for name in better:
        predictor = doors.PREDICTORS.create(name)
        with contextlib.suppress(InvalidOption):
            scoring.encoding_of(predictor, space)
            return name, predictor
    return last, doors.PREDICTORS.create(last)
