"""Folders of classes: everything in them is read, or refused."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from weaknas.errors import InvalidImages
from weaknas.supernet.data import open_images


def put(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (value, 0, 0)).save(path, "png")
    return path


@pytest.fixture
def root(tmp_path):
    for name in ("ant", "bee"):
        for number in range(4):
            put(tmp_path / "train" / name / f"{number}.png", number)
    return tmp_path


def count(root):
    data = open_images(root, held_out=1)
    return len(data.train) + len(data.held_out)


def test_images_in_folders_within_a_class_are_read(root):
    put(root / "train/ant/images/a.JPEG")
    put(root / "train/ant/images/more/b.tiff")
    (root / "train/ant/boxes.txt").write_text("0 0 1 1")
    assert count(root) == 10


def test_a_link_to_a_folder_above_itself_is_followed_once(root):
    (root / "train/ant/again").symlink_to(root / "train/ant")
    (root / "train/cat").symlink_to(root / "train/bee")
    assert count(root) == 12


def test_a_link_to_the_folder_of_all_classes_brings_in_no_other_class(root):
    (root / "train/ant/up").symlink_to(root / "train")
    assert count(root) == 8


@pytest.mark.parametrize("part", ["valid", "validation", "test"])
def test_images_for_validation_by_other_names(root, part):
    (root / "train").rename(root / part)
    put(root / "train/ant/0.png")
    put(root / "train/bee/0.png")
    assert len(open_images(root, held_out=1).val) == 8
    put(root / "val/ant/0.png")  # of classes the first only
    data = open_images(root, held_out=1)
    assert (len(data.val), data.classes) == (1, ("ant", "bee"))


@pytest.mark.parametrize("name", ["README", "LICENSE", "readme.rst", "Thumbs.db", "desktop.ini", "prepare.py"])
def test_notes_beside_images_are_passed_over(root, name):
    for place in ("", "train", "train/ant", "train/__MACOSX", "train/ant/@eaDir"):
        (root / place).mkdir(exist_ok=True)
        (root / place / name).write_text("")
    (root / "train/__MACOSX/._a.png").write_text("")
    assert open_images(root, held_out=1).classes == ("ant", "bee")
    assert count(root) == 8


def test_hidden_files_and_folders_are_no_images(root):
    put(root / "train/.thumbnails/a.png")
    put(root / "train/ant/.a.png")
    put(root / "train/ant/.cache/a.png")
    (root / "train/.DS_Store").write_text("")
    assert open_images(root, held_out=1).classes == ("ant", "bee")
    assert count(root) == 8


def test_files_that_would_be_dropped_are_counted_and_refused(root):
    for number in range(5):
        put(root / "train/ant" / f"{number}.heic")
    with pytest.raises(
        InvalidImages, match=r"^5 of the 9 files in .*ant are no images by their endings, .*\(\.heic\)"
    ):
        count(root)
    for file in (root / "train/ant").glob("*.heic"):
        file.unlink()
    put(root / "train/loose.png")
    with pytest.raises(
        InvalidImages, match=r"^1 of the 1 files in .*train are in no folder of a class, such as loose"
    ):
        count(root)


def test_images_for_validation_alone_are_opened_where_that_will_do(root):
    (root / "train").rename(root / "val")
    with pytest.raises(InvalidImages, match="has no images for training, only for validation"):
        open_images(root)
    data = open_images(root, held_out=None)
    assert (len(data.train), len(data.held_out), len(data.val)) == (0, 0, 8)
    assert data.classes == ("ant", "bee")
    assert data.val.read(np.arange(8)).shape == (8, 3, 8, 8)


def digests(path):
    data = open_images(path, held_out=1)
    return data.train.digest, data.held_out.digest


def test_the_digest_is_of_contents_wherever_they_lie(root, tmp_path_factory):
    before = digests(root)
    moved = tmp_path_factory.mktemp("moved") / "images"
    root.rename(moved)
    assert digests(moved) == before
    file = moved / "train/ant/2.png"
    state = file.stat()
    file.write_bytes(file.read_bytes()[:-1] + b"x")  # as large as before, and as old
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert digests(moved) != before


def test_the_digest_is_of_labels_too(root):
    before = digests(root)
    (root / "train/ant/3.png").rename(root / "train/ant/30.png")  # last of its class still
    assert digests(root) == before
    (root / "train/ant/30.png").rename(root / "train/bee/+.png")  # the first of the next one
    assert digests(root) != before
