from pathlib import Path

import numpy as np

import weaknas
from weaknas.spaces.readers import elsewhere, readers


def test_registered_spaces_read_texts_of_theirs():
    assert [name for name, _ in readers("i3o:101")] == ["nasbench101"]
    space = weaknas.space("fp-nas-f")
    (text,) = space.to_str(space.sample(1, np.random.default_rng(0)))
    assert "fp-nas-f" in dict(readers(text))
    assert list(readers("no architecture")) == []


def test_the_spaces_that_read_a_text_are_named_and_not_asked_to_name_others():
    assert elsewhere("nasnet-a") == "; it is one of nasnet"
    assert elsewhere("no architecture") == elsewhere(3) == ""


def test_no_file_is_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("this is no space")
    assert list(readers("mine.toml")) == []
