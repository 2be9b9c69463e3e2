"""What a cell looks like: the structure that a space gives and drawings take."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..errors import InvalidOption

__all__ = ["Diagram", "Edge", "Kind", "Vertex"]

Kind = Literal["input", "operation", "node", "output"]


class Vertex(NamedTuple):
    """A vertex: its name as it is shown, which others may share, and its kind (`node`: a sum of what arrives)."""

    name: str
    kind: Kind


class Edge(NamedTuple):
    """An edge between two vertices, by their numbers; the operation on it is its label, empty where there is none."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True)
class Diagram:
    """A cell as a graph without circles. Several edges may join two vertices.

    Attributes:
        title: of the cell, such as `normal cell`.
        vertices: each before those that its edges lead to.
        edges: in any order.

    Raises:
        InvalidOption: an edge does not lead from a vertex to a later one.
    """

    title: str
    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        for source, target, _ in self.edges:
            if not 0 <= source < target < len(self.vertices):
                raise InvalidOption(
                    f"the diagram {self.title!r} of {len(self.vertices)} vertices has an edge from {source} to "
                    f"{target}; edges lead from a vertex to a later one."
                )
