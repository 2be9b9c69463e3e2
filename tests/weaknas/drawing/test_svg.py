from xml.etree import ElementTree

import pytest

from weaknas.drawing import svg
from weaknas.spaces import Arrow, Diagram, Vertex

NAME = "{http://www.w3.org/2000/svg}"


def fills(diagram: Diagram) -> dict[str, str]:
    """The colour of each box, by the name in it."""
    root = ElementTree.fromstring(svg([diagram], ""))
    boxes = [child for group in root.iter(f"{NAME}g") for child in group if child.tag == f"{NAME}rect"]
    names = [text.text for text in root.iter(f"{NAME}text") if text.get("textLength")]
    return dict(zip(names, (box.get("fill") for box in boxes), strict=True))


def test_it_is_one_document_without_scripts_that_says_what_it_shows(darts):
    text = svg([darts], "a <title> & more\n")
    root = ElementTree.fromstring(text)
    assert root.tag == f"{NAME}svg"
    assert root.get("role") == "img"
    assert root.findtext(f"{NAME}title") == "a <title> & more"
    assert {element.tag.removeprefix(NAME) for element in root.iter()} == {"svg", "title", "g", "path", "rect", "text"}
    assert svg([darts], "a <title> & more\n") == text


def test_names_are_text_whatever_stands_in_them():
    odd = Diagram("<b>", (Vertex("<script>", "input"), Vertex("x\0\n", "output")), (Arrow(0, 1, '"&'),))
    shown = [text.text for text in ElementTree.fromstring(svg([odd], "")).iter(f"{NAME}text")]
    assert sorted(shown) == sorted(["<b>", "<script>", "x", '"&'])


def test_cells_stand_one_below_the_other(darts):
    def size(cells: list[Diagram]) -> list[float]:
        view = ElementTree.fromstring(svg(cells, "")).get("viewBox").split()
        return [float(value) for value in view[2:]]

    (width, height), (same, twice) = size([darts]), size([darts, darts])
    assert same == width
    assert twice > 2 * (height - 10)


def test_a_long_title_has_room():
    chain = (Vertex("a", "input"), Vertex("b", "output"))
    root = ElementTree.fromstring(svg([Diagram("x" * 80, chain, (Arrow(0, 1),))], ""))
    assert float(root.get("width")) >= 80 * 8


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("nor_conv_3x3", "conv1x1-bn-relu", True),
        ("sep_conv_3x3", "sep_conv_5x5", True),
        ("sep_conv_3x3", "dil_conv_3x3", False),
        ("sep_conv_3x3", "conv_7x1_1x7", False),
        ("max_pool_3x3", "avg_pool_3x3", True),
        ("skip_connect", "identity", True),
        ("skip_connect", "attention", False),
        ("attention", "mixer", True),
    ],
)
def test_operations_of_a_kind_have_its_colour(one, other, same):
    names = [Vertex("in", "input"), Vertex(one, "operation"), Vertex(other, "operation"), Vertex("out", "output")]
    found = fills(Diagram("cell", tuple(names), (Arrow(0, 1), Arrow(1, 2), Arrow(2, 3))))
    assert (found[one] == found[other]) is same
    assert found["in"] == found["out"]
