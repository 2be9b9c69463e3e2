"""`weaknas data`: the tables on this machine."""

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table as Grid

from . import facts, fetching, store
from .building.command import build_table
from .importing.command import import_official
from .source import single_runs

app = typer.Typer(
    no_args_is_help=True, help="The tables on this machine: what is found, where, and whether it is sound."
)
app.command(name="build")(build_table)
app.command(name="import")(import_official)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A benchmark's name, a table's file name, or a path.")]


def _open(name: str) -> store.TableFile:
    files = {known.name: file for file, known in store.known().items()}
    if name in files:
        return store.TableFile(store.find(files[name]))
    path = Path(name)
    if path.suffix == store.SUFFIX and (path.is_file() or len(path.parts) > 1):
        return store.TableFile(path)
    return store.TableFile(store.find(name.replace("/", "-").removesuffix(store.SUFFIX) + store.SUFFIX))


def _verified(table: store.TableFile) -> bool:
    return table.known is not None and table.known.sha256 == table.sha256


@app.command(name="list")
def list_tables() -> None:
    """List the tables that are found; one bare name on a line where the output is piped."""
    paths = list(store.found())
    if not sys.stdout.isatty():
        for path in paths:
            print(path.stem)
        return
    grid = Grid("table", "architectures", "folder")
    grid.columns[0].no_wrap = True
    grid.columns[1].justify = "right"
    grid.columns[2].overflow = "fold"
    for path in paths:
        grid.add_row(path.stem, f"{store.TableFile(path).rows:,}", str(path.parent))
    Console().print(grid if paths else "No table found; see: weaknas data path")


@app.command()
def info(name: Name) -> None:
    """Show a table's card, splits, columns and checksum."""
    table = _open(name)
    print(f"file: {table.path}")
    print(
        f"sha256: {table.sha256}" + (" (the published facts were verified on this file)" if _verified(table) else "")
    )
    print(f"architectures: {table.rows:,}")
    for key, value in table.card.items():
        print(f"{key}: {value}")
    runs = single_runs(table)
    if len(runs):
        one = (~np.isnan(runs)).sum(0) == 1
        print(f"rows with one known validation run only: {one.sum():,}")
    for column in table.columns:
        if column not in ("arch", "module_hash"):
            values = table.numbers(column)
            known = values[~np.isnan(values)]
            print(f"column {column}: {known.min():g} to {known.max():g}, {len(known):,} known")


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="All found by default.")] = None,
) -> None:
    """Check tables against the published facts; exit code 1 if one does not hold."""
    sound = True
    for name in names or [str(path) for path in store.found()]:
        table = _open(name)
        print(table.path)
        for fact in facts.check(table):
            sound &= fact.holds
            print(f"  {'ok' if fact.holds else 'FAILED'}  {fact.what}  [{fact.found}]")
    if not sound:
        raise typer.Exit(1)


@app.command()
def fetch(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="An official file; all are listed without.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to; the user's cache by default.")] = None,
) -> None:
    """Download an official benchmark file, to be read with `weaknas data import`; a broken download goes on."""
    if name is None:
        for source in fetching.sources().values():
            print(f"{source.name}: {source.file}, {source.size}, {source.url or source.page} ({source.note})")
        return
    print(fetching.fetch(name, out))


@app.command()
def path(name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A table.")] = None) -> None:
    """Print where a table is, or where tables are looked for."""
    if name is not None:
        print(_open(name).path)
        return
    for directory in store.data_directories():
        print(directory)
