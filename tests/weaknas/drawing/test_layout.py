from itertools import combinations

import numpy as np

from weaknas.drawing.layout import Box, place
from weaknas.spaces import Arrow, Diagram, Vertex


def meet(one: Box, other: Box) -> bool:
    return (
        abs(one.x - other.x) < (one.width + other.width) / 2 and abs(one.y - other.y) < (one.height + other.height) / 2
    )


def points(line) -> np.ndarray:
    """`(n, 2)` points of a line."""
    parts = [[(line.start, line.curves[0][1])]]
    t = np.linspace(0, 1, 20)
    for x0, y0, x1, y1 in line.curves:
        along = x0 + (x1 - x0) * (1.5 * t * (1 - t) + t**3)  # the controls of the curve stand halfway across
        parts.append(np.stack([along, y0 + (y1 - y0) * (3 * t**2 - 2 * t**3)], axis=1))
    parts.append([(line.end, line.curves[-1][3])])
    return np.concatenate(parts)


def test_no_two_boxes_meet_and_all_stand_within_the_drawing(cell):
    placed = place(cell)
    assert not [pair for pair in combinations(placed.boxes, 2) if meet(*pair)]
    for box in placed.boxes:
        assert box.width / 2 <= box.x <= placed.width - box.width / 2 + 1e-6
        assert box.height / 2 <= box.y <= placed.height - box.height / 2 + 1e-6


def test_no_line_runs_through_a_box_or_out_of_the_drawing(cell):
    placed = place(cell)
    for line in placed.lines:
        x, y = points(line).T
        assert (np.diff(x) >= -1e-6).all(), "lines lead from left to right"
        assert ((y >= 0) & (y <= placed.height)).all()
        for box in placed.boxes:
            inside = (abs(x - box.x) < box.width / 2 - 1e-6) & (abs(y - box.y) < box.height / 2 - 1e-6)
            assert not inside.any()


def test_every_vertex_and_every_operation_has_a_box_and_its_lines(cell):
    placed = place(cell)
    labels = [arrow.label for arrow in cell.arrows if arrow.label]
    assert sorted(box.name for box in placed.boxes) == sorted([*(vertex.name for vertex in cell.vertices), *labels])
    assert len(placed.lines) == len(cell.arrows) + len(labels)


def test_inputs_stand_on_the_left_and_the_output_on_the_right(cell):
    boxes = place(cell).boxes
    output = [box.x for box in boxes if box.kind == "output"]
    assert output == [max(box.x for box in boxes)]
    assert min(box.x for box in boxes) in [box.x for box in boxes if box.kind == "input"]


def test_the_first_input_stands_above_the_second(darts):
    first, second = (box for box in place(darts).boxes if box.kind == "input")
    assert (first.name, second.name) == ("c_{k-2}", "c_{k-1}")
    assert first.y < second.y


def test_a_chain_is_a_level_line_and_an_arrow_past_it_another():
    names = [Vertex("in", "input"), Vertex("a", "operation"), Vertex("b", "operation"), Vertex("out", "output")]
    placed = place(Diagram("chain", tuple(names), (Arrow(0, 1), Arrow(1, 2), Arrow(2, 3))))
    assert len({box.y for box in placed.boxes}) == 1
    placed = place(Diagram("past", tuple(names), (Arrow(0, 1), Arrow(1, 2), Arrow(2, 3), Arrow(0, 3))))
    level = [line for line in placed.lines if len({y for _, *ys in line.curves for y in ys[::2]}) == 1]
    assert [len(line.curves) for line in level if len(line.curves) > 1] == [3]
