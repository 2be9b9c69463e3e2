"""Refusals of option values that no strategy can use."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

from ..errors import InvalidOption

__all__ = ["check_number", "check_one_of", "check_whole"]


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
