import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from weaknas.errors import InUse, InvalidTable, WeaknasError
from weaknas.files import SEAL, check_writable, in_use, locked, verified, write_atomically


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


def test_a_device_or_a_pipe_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(WeaknasError, match="it is no file but a device or a pipe; name a file"):
            check_writable(path)
    with pytest.raises(WeaknasError, match="it is no file"):
        write_atomically(tmp_path / "pipe", lambda part: part.touch())
    assert (tmp_path / "pipe").is_fifo()


def test_what_a_link_leads_to_is_written_and_locked(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "there" / "file.txt")
    for text in ("first", "second"):
        write_atomically(link, lambda part, text=text: part.write_text(text))
    assert link.is_symlink()
    assert (tmp_path / "there" / "file.txt").read_text() == "second"
    real = tmp_path / "there" / "file.txt"
    with locked(link, "wait", file=True), pytest.raises(InUse), locked(real, "wait", file=True):
        pytest.fail("held twice")


def test_what_the_system_does_not_allow_is_said_in_its_own_words(tmp_path):
    def fail(part):
        raise OSError(28, "Error writing bytes to file. Detail: [errno 28] No space left on device")  # as Arrow does

    with pytest.raises(WeaknasError, match=r"file: No space left on device\.$"):
        write_atomically(tmp_path / "file", fail)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")

    def fail(part):
        raise OSError(28, "No space left on device")

    with pytest.raises(WeaknasError, match="No space left on device"):
        write_atomically(path, fail)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_flipped_bit_anywhere_in_a_sealed_file_is_noticed(tmp_path):
    path = write_atomically(tmp_path / "file", lambda part: part.write_text(f"before {SEAL} after"), sealed=True)
    content = path.read_bytes()
    assert verified(path) == content
    for at in {*range(len(content))} - {*range(7, 22)}:  # without those of the seal's own name
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(InvalidTable, match="altered or damaged"):
            verified(path)


def test_data_that_looks_like_a_seal_is_only_data(tmp_path):
    path = write_atomically(tmp_path / "file", lambda part: part.write_text(f"{SEAL} {SEAL}"), sealed=True)
    assert path.read_text().startswith(SEAL)
    assert verified(path) == path.read_bytes()


def test_a_file_without_a_seal_is_taken_as_it_is(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    assert verified(tmp_path / "old") == b"old"


@pytest.mark.parametrize(("name", "file"), [("folder", False), ("v1.0", False), ("file.parquet", True), ("net", True)])
def test_one_process_at_a_time_holds_a_folder_or_a_file(tmp_path, name, file):
    target = tmp_path / name
    busy = f"another process is working on {target}; wait for it, or name another with --out."
    for _ in range(2):  # before it is there, and after
        with locked(target, "name another with --out", file=file):
            if file:
                target.touch()
            assert target.is_file() == file
            with (
                pytest.raises(InUse, match=re.escape(busy)),
                locked(target, "name another with --out", file=file),
            ):
                pytest.fail("held twice")


def test_whether_a_folder_is_in_use_can_be_asked(tmp_path):
    assert not in_use(tmp_path)
    with locked(tmp_path, "wait"):
        assert in_use(tmp_path)
    assert not in_use(tmp_path)


def test_the_lock_of_a_killed_process_holds_nothing(tmp_path):
    code = (
        "import os, signal\nfrom weaknas.files import locked\n"
        f"with locked({str(tmp_path)!r}, ''): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    with locked(tmp_path, ""):
        assert in_use(tmp_path)


def test_a_lock_needs_a_place(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WeaknasError, match="cannot write to"), locked(tmp_path / "file" / "folder", "go away"):
        pytest.fail("held")
