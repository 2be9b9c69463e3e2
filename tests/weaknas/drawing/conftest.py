"""Cells to draw: of the size of DARTS's and NASNet's, by hand, and some of each space."""

import numpy as np
import pytest

import weaknas
from weaknas.spaces import Diagram, Edge, Vertex


def by_hand(title: str, inner: int, *edges: tuple) -> Diagram:
    """A cell of two inputs and so many nodes, whose last edges lead to the output."""
    nodes = [Vertex(str(node), "node") for node in range(inner)]
    inputs = [Vertex("c_{k-2}", "input"), Vertex("c_{k-1}", "input")]
    return Diagram(title, (*inputs, *nodes, Vertex("c_{k}", "output")), tuple(Edge(*edge) for edge in edges))


def to_output(nodes: int) -> list[tuple[int, int]]:
    return [(node, nodes + 2) for node in range(2, nodes + 2)]


# The normal cell of DARTS V2 (Liu, Simonyan and Yang, ICLR 2019).
DARTS = by_hand(
    "normal cell",
    4,
    *((source, node, "sep_conv_3x3") for node in (2, 3) for source in (0, 1)),
    (1, 4, "sep_conv_3x3"),
    (0, 4, "skip_connect"),
    (0, 5, "skip_connect"),
    (2, 5, "dil_conv_3x3"),
    *to_output(4),
)
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


def sampled(name: str) -> list[Diagram]:
    space = weaknas.space(name)
    batch = space.sample(20, np.random.default_rng(0))
    return [diagram for at in range(20) for diagram in space.diagrams(batch[at : at + 1])]


NOTHING = weaknas.space("nasbench201").diagrams([[0] * 6])
CELLS = [DARTS, EVERY_EDGE, PARALLEL, *NOTHING, *sampled("nasbench101"), *sampled("nasbench201")]


@pytest.fixture(params=CELLS, ids=[f"{cell.title} {number}" for number, cell in enumerate(CELLS)])
def cell(request) -> Diagram:
    return request.param


@pytest.fixture
def darts() -> Diagram:
    return DARTS
