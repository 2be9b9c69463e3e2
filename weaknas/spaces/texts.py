"""What every space does with text forms before it reads them, and what it says of those it cannot read."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import InvalidArchitecture

__all__ = ["as_texts", "few", "one_text"]

_LONG = 300  # characters, more than any architecture that people write


def as_texts(texts: object) -> list[Any]:
    """Return text forms as a list; a single string is one of them, not many of a letter each.

    Raises:
        InvalidArchitecture: it is no list of any kind.
    """
    if isinstance(texts, str):
        return [texts]
    if isinstance(texts, bytes) or not isinstance(texts, Iterable):
        raise InvalidArchitecture(f"architectures are read from a list of strings, not from {texts!r}.")
    return list(texts)


def few(words: Sequence[object], most: int = 8) -> str:
    """Return words in a list for a message, only the first and the last of many."""
    shown = [str(word) for word in words]
    return ", ".join(shown if len(shown) <= most else [*shown[: most - 2], "...", shown[-1]])


def one_text(kind: str, text: object, expected: str) -> InvalidArchitecture:
    """Return the error for a text that is not an architecture."""
    said = repr(text)
    said = said if len(said) <= _LONG else f"{said[:_LONG]}..."
    return InvalidArchitecture(f"{said} is not an architecture of {kind}; expected {expected}.")
