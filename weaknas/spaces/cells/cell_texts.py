"""Cells as text: `normal:CELL/reduction:CELL`, a cell its nodes joined by `+`, a node its terms or `none`."""

from collections.abc import Mapping, Sequence

from .operations import NONE
from .wiring import INPUTS, Wiring

__all__ = ["Terms", "as_terms", "read", "write"]

Terms = list[list[tuple[int, str]]]
"""A cell: for each node the nodes that it reads, and by which operations."""


def write(cells: Mapping[str, Wiring], ops: Sequence[str]) -> list[str]:
    """Return the text of each architecture.

    Args:
        cells: the wirings by the kind of cell.
        ops: the names of the operations.
    """
    written = [[_cell(kind, terms) for terms in as_terms(cell, ops)] for kind, cell in cells.items()]
    return ["/".join(parts) for parts in zip(*written, strict=True)]


def as_terms(cell: Wiring, ops: Sequence[str]) -> list[Terms]:
    """Return the terms of the nodes of each cell of a batch."""
    found: list[Terms] = []
    for sources, numbers in zip(cell.source.tolist(), cell.op.tolist(), strict=True):
        nodes: Terms = [[] for _ in range(cell.nodes)]
        for target, source, op in zip(cell.target.tolist(), sources, numbers, strict=True):
            if op >= 0:
                nodes[target - INPUTS].append((source, ops[op]))
        found.append(nodes)
    return found


def _cell(kind: str, nodes: Terms) -> str:
    return f"{kind}:{'+'.join(','.join(f'{op}~{source}' for source, op in node) or NONE for node in nodes)}"


def read(text: str, kinds: Sequence[str]) -> dict[str, Terms]:
    """Return the cells of a text by their kinds.

    Raises:
        ValueError: it is no such text.
    """
    cells = [part.split(":") for part in text.split("/")]
    if [kind for kind, _ in cells] != list(kinds):
        raise ValueError(text)
    return {kind: [_node(node) for node in cell.split("+")] for kind, cell in cells}


def _node(text: str) -> list[tuple[int, str]]:
    terms = [] if text == NONE else [term.split("~") for term in text.split(",")]
    return [(int(source), op) for op, source in terms]
