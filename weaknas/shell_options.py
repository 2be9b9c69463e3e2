"""`--option KEY=VALUE`: options of parts, from a shell."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .errors import InvalidOption

__all__ = ["by_part"]


def by_part(options: Iterable[str], parts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Sort `KEY=VALUE` and `PART.KEY=VALUE` by the part they are for; the first part needs no prefix.

    A value is read as JSON, a list as a tuple; what is no JSON is the text itself.

    Raises:
        InvalidOption: an option that is not of that form, or is given twice.
    """
    sorted_: dict[str, dict[str, Any]] = {part: {} for part in parts}
    for option in options:
        key, equals, text = option.partition("=")
        part, dot, rest = key.partition(".")
        part, key = (part, rest) if dot else (parts[0], key)
        if not equals or not key or part not in parts:
            forms = ", ".join(["KEY", *(f"{part}.KEY" for part in parts[1:])])
            raise InvalidOption(f"--option {option!r} is not KEY=VALUE with one of {forms}.")
        if key in sorted_[part]:
            raise InvalidOption(f"--option {option!r} gives {key} a second value; leave one of them out.")
        sorted_[part][key] = _value(text)
    return sorted_


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or nested too deeply to be meant as such
        return text
    return tuple(value) if isinstance(value, list) else value
