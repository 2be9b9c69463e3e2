"""Which spaces a text is an architecture of."""

from collections.abc import Iterator

from .. import doors
from ..errors import WeaknasError
from .space import Space

__all__ = ["readers"]


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
