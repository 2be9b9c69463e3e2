"""Refusals of option values that cannot be used."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np

from .errors import InvalidOption

__all__ = ["check_number", "check_one_of", "check_seed", "check_whole"]


def check_one_of(name: str, value: object, known: Sequence[str]) -> None:
    """Refuse what is not one of a few words.

    Raises:
        InvalidOption: it is not.
    """
    if value not in known:
        raise InvalidOption(f"{name} is one of {', '.join(known)}, not {value!r}.")


def check_whole(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number from `least`.

    Raises:
        InvalidOption: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise InvalidOption(f"{name} is a whole number from {least}, not {value!r}.")


def check_number(name: str, value: object, what: str, least: float, most: float = math.inf) -> None:
    """Refuse what is not a number from `least` to `most`.

    Args:
        name: of the option.
        value: given for it.
        what: it should be, for the message: `a share from 0 to 1`.
        least: the smallest number that can be used.
        most: the largest.

    Raises:
        InvalidOption: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not least <= float(value) <= most:
        raise InvalidOption(f"{name} is {what}, not {value!r}.")


def check_seed(seed: object) -> int:
    """Return a seed as a number.

    Raises:
        InvalidOption: it is not a whole number from 0 that results can hold.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise InvalidOption(f"a seed is a whole number from 0, below 2^63, not {seed!r}.")
    return int(seed)
