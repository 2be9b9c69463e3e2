"""Which spaces a text is an architecture of."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .. import doors
from ..errors import WeaknasError
from .space import Space
from .texts import few

__all__ = ["elsewhere", "elsewhere_unasked", "readers"]

_ASKED: ContextVar[bool] = ContextVar("whether other spaces are asked already", default=False)


def elsewhere(text: object) -> str:
    """Return which registered spaces read a text, as the end of the sentence in which another one refuses it."""
    if not isinstance(text, str) or _ASKED.get():  # spaces that are asked do not ask others in turn
        return ""
    with elsewhere_unasked():
        names = [name for name, _ in readers(text)]
    return f"; it is one of {few(names)}" if names else ""


@contextmanager
def elsewhere_unasked() -> Iterator[None]:
    """Within the block a text that is refused is not looked for in other spaces, which takes a while."""
    asked = _ASKED.set(True)
    try:
        yield
    finally:
        _ASKED.reset(asked)


def readers(text: str) -> Iterator[tuple[str, Space]]:
    """Yield the registered spaces that read a text, by their names, as they are without options.

    The text may come from anywhere: no file is opened for it.
    """
    for name in doors.SPACES.names():
        try:
            with doors.names_from_data():
                space = doors.SPACES.create(name)
            space.from_str([text])
        except WeaknasError:  # another space's text, or a space that is nothing without options
            continue
        yield name, space
