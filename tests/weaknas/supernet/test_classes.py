"""Classes are matched by name, or refused; by number only where there are no names."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from weaknas.errors import InvalidOption, NotFound
from weaknas.supernet.classes import in_words, matched, read_names
from weaknas.supernet.data import open_images

WNIDS = ("n01440764", "n01443537", "n01484850")


class Some(SimpleNamespace):
    """Images with the given names of classes, one of each."""

    def renumbered(self, numbers, classes):
        return Some(name=self.name, classes=classes, labels=numbers[self.labels])


def some(*names):
    return Some(name="some", classes=names, labels=np.arange(len(names)))


def numbers(n):
    return tuple(map(str, range(n)))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True), st.data())
def test_labels_are_the_outputs_of_the_same_name(names, data):
    part = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    found, said = matched(some(*part), len(names), names)
    assert [names[label] for label in found.labels] == part
    assert found.classes == tuple(names)
    assert said.startswith("by name")


def test_part_of_the_classes_is_said_to_be_so():
    assert matched(some("b"), 3, ("a", "b", "c"))[1] == "by name, 1 of the network's 3"
    assert matched(some("a", "b"), 2, ("a", "b"))[1] == "by name"
    assert in_words("by name") == in_words("by number") == ""
    assert in_words("by name, 1 of the network's 3") == "classes are matched by name, 1 of the network's 3"


def test_without_names_numbers_are_matched_and_a_note_says_so_of_folders():
    assert matched(some(*numbers(3)), 3, None)[1] == "by number"
    assert matched(some(*numbers(2)), 3, None)[1] == "by number, 2 of the network's 3"
    images, said = matched(some("ant", "bee"), 2, None)
    assert images.labels.tolist() == [0, 1]
    assert said == "by number, in the order of their names: the weights do not name their classes"
    assert matched(some(*WNIDS), 3, None, imagenet=True)[1] == said


@pytest.mark.parametrize(
    ("images", "outputs", "names", "imagenet", "message"),
    [
        (some("ant", "zee"), 2, ("ant", "bee"), False, "has the class 'zee', which the network does not know"),
        (some("x", "y", "z"), 2, ("ant", "bee"), False, "has the class 'x' and 2 more, which"),
        (some(*numbers(2)), 2, ("ant", "bee"), False, "has the class '0' and 1 more"),
        (some("ant", "bee"), 2, numbers(2), False, "has the class 'ant'"),
        (some("ant", "bee"), 3, None, False, "has 2 of the network's 3 classes, and which is not known"),
        (some(*WNIDS[:2]), 3, None, True, "has 2 of the network's 3 classes, and which is not known"),
        (some("ant", "bee"), 2, None, True, "has the class 'ant', and the released weights are in the order of Image"),
        (some(*numbers(4)), 3, None, False, "has 4 classes and the network 3"),
        (some("ant"), 3, ("ant", "bee"), False, "2 classes are named and the network has 3; name all of them, once"),
    ],
)
def test_what_cannot_be_matched_is_refused(images, outputs, names, imagenet, message):
    with pytest.raises(InvalidOption, match=message) as caught:
        matched(images, outputs, names, imagenet=imagenet)
    assert "--classes FILE" in str(caught.value) or "name all" in str(caught.value)


def test_names_are_read_from_a_file(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("ant\n  bee \n\n")
    assert read_names(file) == ("ant", "bee")
    for text, message in (("", "each once"), ("a\nb\na\n", "each once")):
        file.write_text(text)
        with pytest.raises(InvalidOption, match=message):
            read_names(file)
    file.write_bytes(b"\xff\xff")
    with pytest.raises(InvalidOption, match="no text in UTF-8"):
        read_names(file)
    with pytest.raises(NotFound, match="there is no file of class names"):
        read_names(tmp_path / "none")


def test_images_take_the_numbers_of_the_network(tmp_path):
    for number, name in enumerate(("bee", "dog")):
        (tmp_path / "train" / name).mkdir(parents=True)
        for one in range(3):
            Image.new("RGB", (8, 8), (number, one, 0)).save(tmp_path / "train" / name / f"{one}.png")
    images, _ = matched(open_images(tmp_path, held_out=2), 4, ("ant", "bee", "cat", "dog"))
    for part in (images.train, images.held_out):
        shown = part.read(np.arange(len(part)))[:, 0, 0, 0]
        assert part.labels.tolist() == [[1, 3][value] for value in shown.tolist()]
