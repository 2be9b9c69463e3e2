"""`weaknas data import`: the command."""

from pathlib import Path
from typing import Annotated

import typer

from weaknas.errors import InvalidTable, NotFound
from weaknas.spaces import known

from ..store import write_table
from .imported import Official, folder, targets
from .nasbench101 import Tfrecord
from .nasbench201 import Pth
from .nats import Folder

__all__ = ["import_official"]


def import_official(
    source: Annotated[Path, typer.Argument(metavar="FILE_OR_FOLDER", help="An official file or folder.")],
    name: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Write NAME-DATASET.parquet; the benchmark's name if not given."),
    ] = None,
    allow_pickle: Annotated[
        bool, typer.Option("--allow-pickle", help="Load a .pth file that may run code; only if you trust its origin.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the tables; by default the first data directory that can be written to."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace tables that are there.")] = False,
) -> None:
    """Turn an official file of NAS-Bench-101, NAS-Bench-201 or NATS-Bench into tables; see docs/importing.md."""
    official = _open(source, allow_pickle)
    paths = targets(name or official.name, official.datasets, folder(out), force)
    tables = list(official.tables())
    for table in tables:
        table.check(known(official.name))
    for table in tables:
        path = write_table(paths[table.dataset], table.columns, table.card)
        print(f"{path}: {table.rows:,} of {table.total:,} architectures")


def _open(source: Path, allow_pickle: bool) -> Official:
    """Return the importer of a file or folder, told by what it is called."""
    if source.is_dir():
        return Folder(source.resolve())
    if not source.is_file():
        raise NotFound(f"there is no file or folder {source}.")
    if source.suffix == ".tfrecord":
        return Tfrecord(source)
    if source.suffix == ".pth":
        return Pth(source, allow_pickle)
    raise InvalidTable(
        f"{source} is none of the official files that can be imported: a .tfrecord of NAS-Bench-101, a .pth of "
        "NAS-Bench-201, an unpacked folder of NATS-Bench."
    )
