import pytest

import weaknas
from weaknas.drawing import draw, space_of, write
from weaknas.errors import InvalidArchitecture, InvalidOption, WeaknasError

SPACE = weaknas.space("nasbench101")
TEXT = "i3m1o:1100101101"
ROW = SPACE.from_str([TEXT])


def test_a_drawing_is_written_and_says_the_architecture(tmp_path):
    path = write(SPACE, ROW, tmp_path / "cell.svg")
    assert path.read_text("utf-8") == draw(SPACE, ROW)
    assert f"<title>{TEXT}</title>" in path.read_text("utf-8")


def test_other_endings_and_several_architectures_are_refused(tmp_path):
    with pytest.raises(WeaknasError, match=r"is a \.svg file; name it .*cell\.svg"):
        write(SPACE, ROW, tmp_path / "cell.png")
    with pytest.raises(InvalidArchitecture, match="a batch of one architecture, not of 2"):
        draw(SPACE, ROW.repeat(2, axis=0))


def test_the_space_of_a_text_is_a_registered_one_of_cells():
    assert space_of(TEXT).name == "nasbench101"
    mobile = weaknas.space("spos-mobilenet")
    row = mobile.enumerate()[:1] if mobile.size < 1000 else mobile.from_indices([[0] * len(mobile.choices)])
    for text in ("nothing", mobile.to_str(row)[0]):
        with pytest.raises(InvalidOption, match="no registered space of cells has the architecture"):
            space_of(text)
