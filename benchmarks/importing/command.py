"""`weaknas data import`: the command."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from weaknas.errors import InvalidOption, InvalidTable, NotFound
from weaknas.metrics import ACCURACY, Metric
from weaknas.table_file import write_table

from .. import store
from ..card import space_of
from ..targets import claim, targets
from .accel import AccelFolder
from .dynas import DynasFolder
from .nasbench101 import NasBench101File
from .nasbench201 import NasBench201File
from .nats import NatsBenchFolder
from .official import ImportedTable, OfficialSource
from .user_table import Columns, further_metrics, read_user_table

__all__ = ["import_official"]

_BUDGET = 200  # that `weaknas search` spends by default


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
        typer.Option(metavar="DIR", help="Folder of the tables, made if needed; by default your data directory."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace tables that are there.")] = False,
    choices: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Your own table: its choices, as 'op_*,depth'.")
    ] = None,
    valid: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Your own table: validation accuracy, % or shares of 1.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Your own table, in place of --valid: any other metric.")
    ] = None,
    minimize: Annotated[
        bool, typer.Option("--minimize", help="Your own table: of --metric, lower is better.")
    ] = False,
    unit: Annotated[str, typer.Option(help="Your own table: the unit of --metric.")] = "",
    test: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Your own table: the same accuracy or metric on test.")
    ] = None,
    also: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN:minimize,…",
            help="Your own table: further metrics, each with :minimize or :maximize, and :free if it is known "
            "without an evaluation.",
        ),
    ] = None,
    runs: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Your own table: tells several rows of one architecture apart, as a seed."
        ),
    ] = None,
    macs: Annotated[str | None, typer.Option(metavar="COLUMN", help="Your own table: multiply-accumulates.")] = None,
    seconds: Annotated[str | None, typer.Option(metavar="COLUMN", help="Your own table: training seconds.")] = None,
    higher_is_better: Annotated[
        bool, typer.Option("--higher-is-better", help="Your own table: vouch for accuracies that look like errors.")
    ] = False,
) -> None:
    """Turn official files (see docs/importing.md), or a CSV or Parquet of your own, into tables.

    Official ones are those of NAS-Bench-101, NAS-Bench-201, NATS-Bench, Accel-NASBench and DyNAS-T.
    """
    if source.suffix.lower() in (".csv", ".parquet"):
        if choices is None or (valid is None) == (metric is None):
            raise InvalidOption(
                f"to import {source}, say which of its columns are what: with --choices, and either --valid for an "
                "accuracy or --metric for anything else."
            )
        if metric is None and (minimize or unit):
            raise InvalidOption("--minimize and --unit are of --metric; an accuracy (--valid) is percent.")
        wanted = name if name is not None else source.stem
        (path,) = targets(wanted, ("",), out, force=force).values()
        columns = Columns(
            choices=choices,
            seen=str(valid or metric),
            metric=Metric(metric, unit, minimize) if metric is not None else ACCURACY,
            test=test,
            also=further_metrics(also) if also is not None else (),
            macs=macs,
            seconds=seconds,
            runs=runs,
            vouched=higher_is_better,
        )
        own = read_user_table(source, wanted, columns)
        _write([path], [own], force)
        for note in own.notes:
            print(f"note: {note}")
        print(f"{path}: {own.rows:,} architectures; search it with: {_search(path, own.rows)}")
        return
    official = _open(source, allow_pickle)
    wanted = name if name is not None else official.name
    paths = targets(wanted, official.datasets, out, force=force, published=official.name)
    tables = list(official.tables())
    for table in tables:
        table.check(space_of(dict(table.card)), official.name)
    _write([paths[table.dataset] for table in tables], tables, force)
    for table in tables:
        print(f"{paths[table.dataset]}: {table.rows:,} of {table.total:,} architectures")


def _write(paths: Sequence[Path], tables: Sequence[ImportedTable], force: bool) -> None:
    with claim(paths, force):
        for path, table in zip(paths, tables, strict=True):
            write_table(path, table.columns, table.card)


def _search(path: Path, rows: int) -> str:
    """Return a command that searches a table: by its name where that is found, with a budget that it has."""
    found = any(path.resolve() == other.resolve() for other in store.found())
    command = ["weaknas", "search", path.stem if found else str(path)]
    return shlex.join([*command, *(["--budget", str(max(1, rows // 2))] if rows < _BUDGET else [])])


def _open(source: Path, allow_pickle: bool) -> OfficialSource:
    """Return the importer of a file or folder, by its name."""
    if source.is_dir():
        folder = source.resolve()
        kinds: tuple[type[AccelFolder] | type[DynasFolder], ...] = (AccelFolder, DynasFolder)
        return next((kind(folder) for kind in kinds if kind.holds(folder)), None) or NatsBenchFolder(folder)
    if not source.is_file():
        raise NotFound(f"there is no file or folder {source}.")
    if source.suffix == ".tfrecord":
        return NasBench101File(source)
    if source.suffix == ".pth":
        return NasBench201File(source, allow_pickle)
    raise InvalidTable(
        f"{source} is none of the official files that can be imported: a .tfrecord of NAS-Bench-101, a .pth of "
        "NAS-Bench-201, an unpacked folder of NATS-Bench, Accel-NASBench or DyNAS-T; nor is it a .csv or .parquet of "
        "your own."
    )
