import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import Diagram, Edge, Vertex

VERTICES = (Vertex("in", "input"), Vertex("a", "node"), Vertex("out", "output"))


def test_two_vertices_may_have_several_edges():
    edges = (Edge(0, 1, "skip"), Edge(0, 1, "pool"), Edge(1, 2))
    assert Diagram("cell", VERTICES, edges).edges == edges


@pytest.mark.parametrize("edge", [Edge(1, 1), Edge(2, 1), Edge(-1, 1), Edge(1, 3)])
def test_edges_lead_to_a_later_vertex(edge):
    with pytest.raises(InvalidOption, match=f"'cell' of 3 vertices has an edge from {edge.source} to {edge.target}"):
        Diagram("cell", VERTICES, (edge,))
