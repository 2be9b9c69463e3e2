"""Where tables are, and whether one is what its name says."""

import os
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from platformdirs import user_data_path

from weaknas.errors import InvalidTable, NotFound, WeaknasError, system_sentence
from weaknas.table_file import TableFile

from .published import difference, published_table, published_tables

__all__ = [
    "SUFFIX",
    "data_directories",
    "find",
    "found",
    "open_file",
    "own_directory",
    "table_at",
    "writable_directory",
]

SUFFIX = ".parquet"


def data_directories() -> list[Path]:
    """Return where tables are looked up: `$WEAKNAS_DATA`, the user's data directory, the package's own."""
    named = [Path(part) for part in os.environ.get("WEAKNAS_DATA", "").split(os.pathsep) if part]
    return [*named, user_data_path("weaknas"), Path(str(files("weaknas_benchmarks").joinpath("tables")))]


def found() -> Iterator[Path]:
    """Yield every table file found, in the order of the directories; a name counts where it is first."""
    seen = set()
    for directory in data_directories():
        for path in sorted(directory.glob(f"*{SUFFIX}")) if directory.is_dir() else ():
            if path.name not in seen:
                seen.add(path.name)
                yield path


def find(file: str) -> Path:
    """Return the path of a table by its file name.

    Raises:
        NotFound: no directory holds it; the message says where it was looked for and how to get it.
    """
    for directory in data_directories():
        if (directory / file).is_file():
            return directory / file
    looked = ", ".join(str(directory) for directory in data_directories())
    published = published_tables().get(file)
    how = published.get if published else "copy it to one of these directories"
    raise NotFound(f"the table {file} is not on this machine (looked in {looked}); {how}.")


def own_directory() -> Path:
    """Return the user's data directory, where a user's own tables and imports go, made if it is not there.

    Never a directory that `$WEAKNAS_DATA` names, which may hold the published tables of many, nor the package.

    Raises:
        WeaknasError: it cannot be written to.
    """
    return writable_directory(user_data_path("weaknas"))


def writable_directory(directory: Path) -> Path:
    """Return a folder for tables, made if it is not there.

    Raises:
        WeaknasError: it cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except (OSError, ValueError) as error:
        reason = "it is no folder" if isinstance(error, FileExistsError) else system_sentence(error)
        raise WeaknasError(
            f"no table can be written to {directory} ({reason}); name a folder of yours with --out."
        ) from error


def table_at(path: Path) -> TableFile:
    """Return the table at a path.

    A published benchmark's table has the published checksum. What `write_table` wrote has a checksum of its own;
    whether that is what its name says is `open_file`'s to find out.

    Raises:
        NotFound: there is no such file.
        InvalidTable: it is damaged, or altered.
    """
    table = TableFile(path)
    published = published_table(path.stem)
    if published and published.sha256 and "writer" not in table.card and table.sha256 != published.sha256:
        raise table.damaged(
            f"its checksum is not that of {published.name} ({published.sha256[:12]}…), so it was altered or cut short"
        )
    return table


def open_file(file: str | Path) -> TableFile:
    """Return a table that is what its name says.

    Args:
        file: its path, or (a string) its file name in the data directories.

    Raises:
        NotFound: the table is not on this machine.
        InvalidTable: it is damaged, or has the name of a published one and is not that.
    """
    table = table_at(file if isinstance(file, Path) else find(file))
    published = published_table(table.path.stem)
    if published and (reason := difference(table)):
        raise InvalidTable(
            f"the table {table.path} has the name of the published {published.name} and is not that: {reason}; "
            "give it another name, or put the published one in its place."
        )
    return table
