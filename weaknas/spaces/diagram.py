"""What a cell looks like: the structure that a space gives and drawings take."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..errors import InvalidOption

__all__ = ["Arrow", "Diagram", "Kind", "Vertex"]

Kind = Literal["input", "operation", "node", "output"]


class Vertex(NamedTuple):
    """A vertex: its name as it is shown, which others may share, and its kind (`node`: a sum of what arrives)."""

    name: str
    kind: Kind


class Arrow(NamedTuple):
    """From a vertex to another, by their numbers; the operation on the way is its label, empty where there is none."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """A cell as a graph without circles. Several arrows may join two vertices.

    Attributes:
        title: of the cell, such as `normal cell`.
        vertices: each before those that its arrows lead to.
        arrows: in any order.

    Raises:
        InvalidOption: an arrow does not lead from a vertex to a later one.
    """

    title: str
    vertices: tuple[Vertex, ...]
    arrows: tuple[Arrow, ...]

    def __post_init__(self) -> None:
        for source, target, _ in self.arrows:
            if not 0 <= source < target < len(self.vertices):
                raise InvalidOption(
                    f"the diagram {self.title!r} of {len(self.vertices)} vertices has an arrow from {source} to "
                    f"{target}; arrows lead from a vertex to a later one."
                )
