"""Drawings of architectures, and the space that one is of where only its text is known."""

from pathlib import Path

from ..errors import InvalidOption
from ..files import check_ending, check_writable, write_atomically
from ..spaces import Batch, Space
from ..spaces.readers import readers
from .svg import svg

__all__ = ["check_path", "draw", "space_of", "write"]


def draw(space: Space, arch: Batch) -> str:
    """Return the cells of an architecture (a batch of one) as an SVG document, titled with its text.

    Raises:
        InvalidOption: the space is none of cells.
        InvalidArchitecture: it is not in the space.
    """
    return svg(space.diagrams(arch), space.to_str(arch)[0])


def write(space: Space, arch: Batch, path: str | Path) -> Path:
    """Write the cells of an architecture (a batch of one) to an `.svg` file.

    Raises:
        InvalidOption: the space is none of cells.
        InvalidArchitecture: it is not in the space.
        WeaknasError: the file cannot be written, or its name has another ending.
    """
    check_path(path)
    text = draw(space, arch)
    return write_atomically(path, lambda part: part.write_text(text, "utf-8"))


def check_path(path: str | Path) -> None:
    """Refuse a file that no drawing can be written to.

    Raises:
        WeaknasError: it cannot be written, or its name has another ending.
    """
    check_ending(path, ".svg", "a drawing of cells")
    check_writable(path)


def space_of(text: str) -> Space:
    """Return the first registered space of cells that reads a text.

    Raises:
        InvalidOption: there is none.
    """
    for _, space in readers(text):
        try:
            space.diagrams(space.from_str([text]))
        except InvalidOption:
            continue
        return space
    raise InvalidOption(f"no registered space of cells has the architecture {text!r}; say which space it is of.")
