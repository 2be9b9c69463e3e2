import stat

import pytest

from weaknas.errors import WeaknasError
from weaknas.files import check_writable, write_atomically


@pytest.mark.parametrize("path", ["missing/file", "."])
def test_an_unwritable_path_is_refused(tmp_path, path):
    with pytest.raises(WeaknasError, match="cannot write"):
        check_writable(tmp_path / path)
    with pytest.raises(WeaknasError, match="cannot write"):
        write_atomically(tmp_path / path, lambda part: part.touch())


def test_a_file_is_replaced_and_readable_like_any_other(tmp_path):
    path = tmp_path / "file"
    for text in ("first", "second"):
        write_atomically(path, lambda part, text=text: part.write_text(text))
    (tmp_path / "other").touch()
    assert path.read_text() == "second"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")

    def fail(part):
        raise OSError(28, "No space left on device")

    with pytest.raises(WeaknasError, match="No space left on device"):
        write_atomically(path, fail)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
