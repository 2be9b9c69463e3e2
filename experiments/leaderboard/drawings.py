"""The drawings on the page, each of them once."""

from collections.abc import Iterable

from weaknas.drawing import draw, space_of
from weaknas.errors import InvalidArchitecture, InvalidOption

__all__ = ["Drawings"]


class Drawings:
    """Drawings of the architectures that entries found, where they are made of cells.

    The texts come from results of anyone: registered spaces read them, and nothing else is opened.

    Attributes:
        texts: the SVG documents.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []

    def numbers(self, archs: Iterable[str]) -> dict[str, int]:
        """Return by architecture the number of its drawing among `texts`, without those that cannot be drawn.

        Args:
            archs: text forms, of one benchmark: they are of one space.
        """
        numbers: dict[str, int] = {}
        space = None
        for arch in dict.fromkeys(archs):
            try:
                space = space_of(arch) if space is None else space
                text = draw(space, space.from_str([arch]))
            except InvalidOption:
                break  # no space of cells
            except InvalidArchitecture:
                continue
            if text not in self.texts:
                self.texts.append(text)
            numbers[arch] = self.texts.index(text)
        return numbers
