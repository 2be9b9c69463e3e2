"""Names in messages: a few of many, the close ones first."""

import difflib
from collections.abc import Iterable, Sequence

__all__ = ["close_to", "shortened", "some"]

_MOST = 12
_LONGEST = 60


def some(names: Iterable[object], most: int = _MOST) -> str:
    """Return names joined by commas; of many, the first ones and how many more there are."""
    texts = [shortened(str(name)) for name in names]
    more = len(texts) - most
    return ", ".join(texts) if more <= 1 else f"{', '.join(texts[:most])} and {more:,} more"


def shortened(text: str, most: int = _LONGEST) -> str:
    """Return a text that fits in a message: on one line, printable, its end left out where it is long."""
    plain = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text[: most + 1])
    return plain if len(text) <= most else f"{plain[:most]}…"


def close_to(name: str, known: Sequence[str]) -> str:
    """Return `did you mean …?` where something close is known, else what is known."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5) if len(name) <= _LONGEST else []
    if not close:
        close = [k for k in known if k.casefold() == name.strip().casefold()]
    return f"did you mean {' or '.join(map(shortened, close))}?" if close else f"it has {some(known) or 'none'}."
