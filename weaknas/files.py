"""Files: written whole or not at all, sealed so that a flipped bit is noticed, and locked against a second process."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from .errors import InUse, InvalidTable, WeaknasError, reason

__all__ = ["SEAL", "check_ending", "check_writable", "in_use", "locked", "verified", "write_atomically"]

_MARK = b"weaknas-sha256:"
_BLANK = b"0" * 64

SEAL = (_MARK + _BLANK).decode()
"""What a file that is to be sealed holds, somewhere in its metadata; `write_atomically` fills it in."""


def check_writable(path: str | Path) -> Path:
    """Return the path if a file can be written there, so that long work does not end with nowhere to go.

    Raises:
        WeaknasError: the folder is missing or cannot be written to, the path is a folder or a device, or its name is
            too long.
    """
    target = Path(path)
    try:
        if target.is_dir():
            raise WeaknasError(f"cannot write {target}: it is a folder; name a file in it.")
        if target.exists() and not target.is_file():  # /dev/null would be gone, and a file in its place
            raise WeaknasError(f"cannot write {target}: it is no file but a device or a pipe; name a file.")
        with tempfile.TemporaryFile(dir=Path(os.path.realpath(target)).parent):
            return target
    except (OSError, ValueError) as error:
        if isinstance(error, WeaknasError):
            raise
        why = reason(error) if isinstance(error, OSError) else error  # ValueError: a name with a zero byte
        raise WeaknasError(f"cannot write {target}: {why}; choose another place.") from error


def check_ending(path: str | Path, ending: str, what: str) -> None:
    """Refuse a name that promises another kind of file than is written.

    Args:
        path: the file.
        ending: that of the kind of file that is written, such as `.parquet`.
        what: is written, for the message: `a result`.

    Raises:
        WeaknasError: the name does not end so.
    """
    target = Path(path)
    if target.suffix.lower() != ending:
        better = (
            target.with_name(f"{target.stem.strip('.') or 'result'}{ending}") if target.name else f"result{ending}"
        )
        raise WeaknasError(f"cannot write {target}: {what} is a {ending} file; name it {better}.")


def write_atomically(path: str | Path, write: Callable[[Path], object], *, sealed: bool = False) -> Path:
    """Have `write` fill a file beside `path`, then move it there; a failure leaves what was there before.

    Args:
        path: the file; a link stays one, and what it leads to is written.
        write: called with the path to fill.
        sealed: whether `write` leaves `SEAL` in the file, which is then filled in.

    Raises:
        WeaknasError: the file cannot be written.
    """
    target = check_writable(path)
    real = Path(os.path.realpath(target))
    part = real.with_name(f".{uuid4().hex}.part")
    try:
        write(part)
        if sealed:
            _seal(part)
        os.chmod(part, 0o666 & ~_umask())  # as any program's files: some writers make theirs the owner's alone
        os.replace(part, real)
    except OSError as error:
        raise WeaknasError(f"cannot write {target}: {reason(error)}.") from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


# -- seals -------------------------------------------------------------------------------------------------


def _seal(path: Path) -> None:
    """Fill in the checksum of a file that holds `SEAL`: that of its bytes while the seal was blank."""
    content = path.read_bytes()
    at = content.rindex(SEAL.encode()) + len(_MARK)  # the last one: the data may hold anything, and comes before
    with path.open("r+b") as file:
        file.seek(at)
        file.write(sha256(content).hexdigest().encode())


def verified(path: Path) -> bytes:
    """Return the bytes of a file, whose seal agrees with them if it has one.

    Raises:
        InvalidTable: a bit of it is not as it was written.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    at = content.rfind(_MARK)
    if at < 0:
        return content  # of a version that sealed nothing, or of another program
    at += len(_MARK)
    stated = content[at : at + len(_BLANK)]
    digest = sha256(content[:at])
    digest.update(_BLANK[: len(stated)])
    digest.update(content[at + len(_BLANK) :])
    if stated != digest.hexdigest().encode():
        raise InvalidTable(f"{path} was altered or damaged since it was written: its checksum is another; restore it.")
    return content


# -- locks -------------------------------------------------------------------------------------------------


@contextmanager
def locked(path: str | Path, remedy: str, *, file: bool = False) -> Iterator[None]:
    """Hold a folder, or a file that is to be written, for this process; a process that died holds nothing.

    Args:
        path: the folder, which is made if it is not there, or the file.
        file: whether it is a file; one that is not there yet does not tell.
        remedy: what to do while another process holds it, such as `name another folder with --out`.

    Raises:
        InUse: another process holds it.
        WeaknasError: the lock cannot be written.
    """
    from filelock import FileLock, Timeout

    target = Path(path)
    lock = _lock_of(target, file)
    held = FileLock(lock, timeout=0)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        held.acquire()
    except Timeout:
        raise InUse(f"another process is working on {target}; wait for it, or {remedy}.") from None
    except OSError as error:
        raise WeaknasError(f"cannot write to {target}: {reason(error)}; {remedy}.") from error
    try:
        yield
    finally:
        held.release()


def in_use(path: str | Path) -> bool:
    """Return whether a process holds a folder."""
    from filelock import FileLock, Timeout

    lock = _lock_of(Path(path), file=False)
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # where nothing can be written, nothing is at work
        return False


def _lock_of(target: Path, file: bool) -> Path:
    """Return the lock of a file, beside it, or that of a folder, in it."""
    target = Path(os.path.realpath(target))  # one lock, whatever links lead there
    return target.with_name(f".{target.name}.lock") if file else target / ".lock"
