"""Cells as the code of DARTS writes them: the `Genotype` of the DARTS and NASNet spaces."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ...errors import InvalidArchitecture
from .cell_texts import Terms
from .wiring import INPUTS

__all__ = ["Genotype", "read_genotype", "write_terms"]

_NAMES: Final = {"conv_1x7_7x1": "conv_7x1_1x7"}
"""What the authors call an operation, where it is not what we do."""

_FIELDS: Final = {"normal": "normal", "reduction": "reduce"}


class Genotype(NamedTuple):
    """Two cells; the terms of a cell in the order of its nodes, two a node.

    Attributes:
        normal: for each term the operation and the node that it reads, the two inputs being 0 and 1.
        normal_concat: the nodes in the cell's output.
        reduce: as `normal`, of the reduction cell.
        reduce_concat: as `normal_concat`, of the reduction cell.
    """

    normal: list[tuple[str, int]]
    normal_concat: list[int]
    reduce: list[tuple[str, int]]
    reduce_concat: list[int]


def read_genotype(
    given: Any, ops: Sequence[str], nodes: int, title: str
) -> tuple[dict[str, Terms], dict[str, list[int]]]:
    """Return the cells of a genotype by their kinds, and the nodes in their outputs.

    Args:
        given: a named tuple or a mapping with the fields of `Genotype`.
        ops: the operations of the space.
        nodes: how many nodes its cells have.
        title: of the space, for messages.

    Raises:
        InvalidArchitecture: it is no genotype, or of another space.
    """
    fields = given._asdict() if hasattr(given, "_asdict") else given
    if not isinstance(fields, Mapping) or not set(Genotype._fields) <= set(fields):
        raise InvalidArchitecture(
            f"a genotype has {', '.join(Genotype._fields)}, as a named tuple or a mapping; this one is {given!r}."
        )
    cells, outputs = {}, {}
    for kind, field in _FIELDS.items():
        terms = [_term(term, field, ops, title) for term in _listed(fields, field)]
        if len(terms) != 2 * nodes:
            raise InvalidArchitecture(
                f"{field} of the genotype has {len(terms)} terms, and a cell of {title} {2 * nodes}, two for each of "
                f"{nodes} nodes."
            )
        for number, (source, _) in enumerate(terms):
            if not 0 <= source < INPUTS + number // 2:
                raise InvalidArchitecture(
                    f"term {number} of {field} of the genotype reads node {source}, which is not earlier than its own "
                    f"node {INPUTS + number // 2}."
                )
        cells[kind] = [terms[start : start + 2] for start in range(0, 2 * nodes, 2)]
        outputs[kind] = sorted(_node(node, f"{field}_concat") for node in _listed(fields, f"{field}_concat"))
    return cells, outputs


def _listed(fields: Mapping[str, Any], field: str) -> list[Any]:
    values = fields[field]
    if isinstance(values, Sequence) and not isinstance(values, str):
        return list(values)
    raise InvalidArchitecture(f"{field} of a genotype is a list, not {values!r}.")


def _node(node: Any, field: str) -> int:
    if type(node) is int:
        return node
    raise InvalidArchitecture(f"{field} of a genotype holds numbers of nodes, not {node!r}.")


def _term(term: Any, field: str, ops: Sequence[str], title: str) -> tuple[int, str]:
    match term:
        case (str(name), source):
            own = {_NAMES.get(op, op): op for op in ops} | {op: op for op in ops}
            if name in own:
                return _node(source, field), own[name]
            raise InvalidArchitecture(
                f"{field} of the genotype has the operation {name!r}, which {title} has not; it has {', '.join(ops)}."
            )
    raise InvalidArchitecture(f"{field} of a genotype holds pairs of an operation and a node, not {term!r}.")


def write_terms(nodes: Terms) -> list[tuple[str, int]]:
    """Return the terms of a cell in the order of its nodes, by the authors' names.

    Raises:
        InvalidArchitecture: a node has not two terms.
    """
    for number, node in enumerate(nodes, start=INPUTS):
        if len(node) != 2:
            raise InvalidArchitecture(f"a genotype has two terms for each node, and node {number} has {len(node)}.")
    return [(_NAMES.get(op, op), source) for node in nodes for source, op in node]
