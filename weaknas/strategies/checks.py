"""Refusals of option values that no strategy can use."""

from collections.abc import Sequence

from ..errors import InvalidOption

__all__ = ["check_one_of", "check_whole"]


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
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidOption(f"{name} is a whole number from {least}, not {value!r}.")
