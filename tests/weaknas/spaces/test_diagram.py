import pytest

from weaknas.errors import InvalidOption
from weaknas.spaces import Arrow, Diagram, Vertex

VERTICES = (Vertex("in", "input"), Vertex("a", "node"), Vertex("out", "output"))


def test_two_vertices_may_have_several_arrows():
    arrows = (Arrow(0, 1, "skip"), Arrow(0, 1, "pool"), Arrow(1, 2))
    assert Diagram("cell", VERTICES, arrows).arrows == arrows


@pytest.mark.parametrize("arrow", [Arrow(1, 1), Arrow(2, 1), Arrow(-1, 1), Arrow(1, 3)])
def test_arrows_lead_to_a_later_vertex(arrow):
    with pytest.raises(
        InvalidOption, match=f"'cell' of 3 vertices has an arrow from {arrow.source} to {arrow.target}"
    ):
        Diagram("cell", VERTICES, (arrow,))
