"""Where a user's tables go: under which names, in which folder, and never in the place of another one."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from weaknas.errors import InvalidOption
from weaknas.files import locked
from weaknas.words import shortened

from . import store
from .published import reserved
from .store import SUFFIX

__all__ = ["check_name", "claim", "targets"]

_LONGEST = 100  # bytes: a file's name may have 255, and ours get a data set, an ending and a lock
_SIGNS = " -_.+()"
_ENDINGS = (SUFFIX, ".py", ".toml", ".csv")  # a name with one is a file's


def check_name(name: str, *, published: str | None = None) -> str:
    """Return a name for tables that can be a file's, can be typed, and is taken for no other benchmark's.

    Args:
        name: the name.
        published: the name that an official file's own tables may have.

    Raises:
        InvalidOption: it is none; the message says why.
    """
    usable = (
        name
        and name[0].isalnum()
        and (name[-1].isalnum() or name[-1] in "-_+)")
        and all(sign.isalnum() or sign in _SIGNS for sign in name)
        and not name.lower().endswith(_ENDINGS)
    )
    if not usable:
        raise InvalidOption(
            f"--as {shortened(name)!r} is no name for a table: use letters, digits, - and _, a letter or digit first."
        )
    if len(name.encode()) > _LONGEST:
        raise InvalidOption(
            f"--as {shortened(name)!r} is too long for the name of a table: use up to {_LONGEST} letters."
        )
    other = reserved(name)
    if other and name != published:
        raise InvalidOption(
            f"--as {name!r} would be taken for the benchmark {other}, which is not yours to replace; choose another "
            "name."
        )
    return name


def targets(
    name: str, datasets: Sequence[str], out: Path | None, *, force: bool = False, published: str | None = None
) -> dict[str, Path]:
    """Return the path of each dataset's table, `NAME-DATASET.parquet`, or `NAME.parquet` for a dataset without name.

    Args:
        name: the first part of their names.
        datasets: what they are for.
        out: the folder, made if it is not there; the user's data directory if None.
        force: whether tables that are there may be replaced.
        published: the name that an official file's own tables may have.

    Raises:
        InvalidOption: the name is none, or a table is there and `force` is not given.
        WeaknasError: the folder cannot be written to.
    """
    check_name(name, published=published)
    stems = {dataset: "-".join(filter(None, (name, dataset))) for dataset in datasets}
    for stem in stems.values():
        if name != published:
            check_name(stem)
    directory = store.own_directory() if out is None else store.writable_directory(out)
    paths = {dataset: directory / (stem + SUFFIX) for dataset, stem in stems.items()}
    if out is None:
        _check_first(list(paths.values()))
    there = [str(path) for path in paths.values() if path.exists()]
    if there and not force:
        are, them = ("is", "it") if len(there) == 1 else ("are", "them")
        raise InvalidOption(
            f"{', '.join(there)} {are} there already; replace {them} with --force, or choose another name with "
            "--as or another folder with --out."
        )
    return paths


def _check_first(paths: Sequence[Path]) -> None:
    """Make sure that a table will be the first that is found under its name.

    Raises:
        InvalidOption: another one is found before it, so that nobody would see it.
    """
    for path in paths:
        before = store.data_directories()[: store.data_directories().index(path.parent)]
        for directory in before:
            if (directory / path.name).is_file():
                raise InvalidOption(
                    f"the table {directory / path.name} would be found before one in {path.parent}; choose another "
                    "name with --as, or another folder with --out."
                )


@contextmanager
def claim(paths: Sequence[Path], force: bool = False) -> Iterator[None]:
    """Hold the places of tables while they are written, so that of two who write one name the second is refused.

    Raises:
        InvalidOption: a table is there by now, and `force` is not given.
        InUse: another process is writing one of them.
    """
    with ExitStack() as stack:
        for path in paths:
            stack.enter_context(locked(path, "choose another name with --as", file=True))
        for path in paths:
            if path.exists() and not force:
                raise InvalidOption(
                    f"{path} is there by now: another process wrote it; choose another name with --as."
                )
        yield
