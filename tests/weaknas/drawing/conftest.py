"""Cells to draw: some by hand, and some of each space."""

import numpy as np
import pytest

import weaknas
from weaknas.spaces import Arrow, Diagram, Vertex


def by_hand(title: str, inner: int, *arrows: tuple) -> Diagram:
    """A cell of two inputs and so many nodes, whose last arrows lead to the output."""
    nodes = [Vertex(str(node), "node") for node in range(inner)]
    inputs = [Vertex("c_{k-2}", "input"), Vertex("c_{k-1}", "input")]
    return Diagram(title, (*inputs, *nodes, Vertex("c_{k}", "output")), tuple(Arrow(*arrow) for arrow in arrows))


def to_output(nodes: int) -> list[tuple[int, int]]:
    return [(node, nodes + 2) for node in range(2, nodes + 2)]


EVERY_EDGE = by_hand(
    "every edge",
    4,
    *((source, node, "sep_conv_5x5") for node in range(2, 6) for source in range(node)),
    *to_output(4),
)
PARALLEL = by_hand(
    "two edges between two vertices",
    5,
    *((1, node, name) for node in (2, 3) for name in ("sep_conv_7x7", "max_pool_3x3")),
    *((2, node, name) for node in (4, 5, 6) for name in ("conv_7x1_1x7", "conv_7x1_1x7")),
    *to_output(5),
)


def of_space(name: str) -> list[Diagram]:
    """Twenty random cells, and those of the published architectures."""
    space = weaknas.space(name)
    published = space.from_str(list(getattr(space, "published", {})))
    batch = np.concatenate([published, space.sample(20, np.random.default_rng(0))])
    cells = [cell for row in batch for cell in space.diagrams(row[None])]
    return cells[: 20 + 2 * len(published)]


NOTHING = weaknas.space("nasbench201").diagrams([[0] * 6])
SPACES = ("darts", "darts-edges", "nasbench101", "nasbench201", "nasnet")
CELLS = [EVERY_EDGE, PARALLEL, *NOTHING, *(cell for name in SPACES for cell in of_space(name))]


@pytest.fixture(params=CELLS, ids=[f"{cell.title} {number}" for number, cell in enumerate(CELLS)])
def cell(request) -> Diagram:
    return request.param


@pytest.fixture
def darts() -> Diagram:
    """The normal cell of DARTS V2."""
    space = weaknas.space("darts")
    return space.diagrams(space.from_str(["darts-v2"]))[0]
