"""NAS-Bench-101 cells as the official code takes them: a matrix and the names of the operations (`ModelSpec`)."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidArchitecture
from ..arrays import Batch
from .cells101 import INNER, MAX_EDGES, OPS, VERTICES, Bools, rows

__all__ = ["read_graph"]


def read_graph(matrix: ArrayLike, ops: Iterable[str]) -> Batch:
    """Return the row (a batch of one) of a cell; see `NasBench101.from_graph`.

    Raises:
        InvalidArchitecture: the official code refuses the cell.
    """
    edges, names = _matrix(matrix), _names(ops)
    if len(edges) != len(names):
        raise _refused(f"it has {len(edges)} vertices in the matrix and {len(names)} operations")
    kept = np.flatnonzero(_alive(edges))
    if len(kept) < 2:
        raise _refused("no path leads from its input to its output")
    edges, names = edges[np.ix_(kept, kept)], [names[vertex] for vertex in kept]
    if len(kept) > VERTICES or edges.sum() > MAX_EDGES:
        raise _refused(
            f"{len(kept)} vertices and {edges.sum()} edges lie on paths from input to output, and at most {VERTICES} "
            f"and {MAX_EDGES} may"
        )
    if (names[0], names[-1]) != ("input", "output"):
        raise _refused(f"its operations begin with 'input' and end with 'output', not {names[0]!r} and {names[-1]!r}")
    unknown = [name for name in names[1:-1] if name not in OPS[1:]]
    if unknown:
        raise _refused(f"{unknown[0]!r} is no operation; there are {', '.join(OPS[1:])}")
    whole = np.zeros((1, VERTICES, VERTICES), dtype=bool)
    here = [*range(len(kept) - 1), VERTICES - 1]
    whole[0][np.ix_(here, here)] = edges
    inner = np.zeros((1, INNER), dtype=np.int8)
    inner[0, : len(kept) - 2] = [OPS.index(name) for name in names[1:-1]]
    return rows(whole, inner)


def _matrix(given: ArrayLike) -> Bools:
    try:
        matrix = np.asarray(given)
    except ValueError:  # lists of different lengths
        matrix = np.zeros(0)
    if matrix.ndim != 2 or len(set(matrix.shape)) > 1 or not matrix.size:
        raise _refused(f"its matrix must be square, not of shape {matrix.shape}")
    if matrix.dtype.kind not in "biuf" or not np.isin(matrix, (0, 1)).all():
        raise _refused("its matrix must hold 0 and 1 alone")
    edges: Bools = matrix != 0
    lower = np.argwhere(np.tril(edges))
    if len(lower):
        source, target = lower[0]
        raise _refused(
            f"its matrix must be upper triangular, each vertex before those that its edges lead to, and has an edge "
            f"from vertex {source} to {target}"
        )
    return edges


def _names(given: Iterable[str]) -> list[str]:
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise _refused(f"its operations are a list of names, not {given!r}")
    return [str(name) if isinstance(name, str) else name for name in given]


def _alive(edges: Bools) -> NDArray[np.bool_]:
    """Return `(v,)` whether each vertex lies on a path from the first to the last."""
    forward, backward = np.zeros(len(edges), dtype=bool), np.zeros(len(edges), dtype=bool)
    forward[0] = backward[-1] = True
    for vertex in range(1, len(edges)):
        forward[vertex] = (edges[:vertex, vertex] & forward[:vertex]).any()
        before = len(edges) - 1 - vertex
        backward[before] = (edges[before, before + 1 :] & backward[before + 1 :]).any()
    return forward & backward


def _refused(why: str) -> InvalidArchitecture:
    return InvalidArchitecture(f"a cell of NAS-Bench-101 was refused: {why}.")
