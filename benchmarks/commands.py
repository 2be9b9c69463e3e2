"""`weaknas data`: the tables on this machine."""

import contextlib
import hashlib
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table as Grid

from weaknas.account import finite
from weaknas.errors import InvalidTable, NotFound, WeaknasError, as_sentence
from weaknas.metrics import Metric
from weaknas.table_file import TableFile
from weaknas.words import shortened, some

from . import facts, fetching, published, store
from .building.command import build_table
from .importing.command import import_official
from .metrics import metrics_of
from .table_data import single_runs

app = typer.Typer(
    no_args_is_help=True, help="The tables on this machine: what is found, where, and whether it is sound."
)
app.command(name="build")(build_table)
app.command(name="import")(import_official)
_LONGEST = 1000  # characters of what is printed of a card's entry
TableArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="A benchmark's name, a table's file name, or a path.")
]


def _open(name: str) -> TableFile:
    if model := _model(name):
        raise NotFound(f"{model.name} is predicted by {model.file}, and has no table; see: weaknas data info {name}")
    files = {table.name: file for file, table in published.published_tables().items()}
    if name in files:
        return store.table_at(store.find(files[name]))
    path = Path(name)
    if path.suffix == store.SUFFIX and (path.is_file() or len(path.parts) > 1):
        return store.table_at(path)
    return store.table_at(store.find(name.replace("/", "-").removesuffix(store.SUFFIX) + store.SUFFIX))


def _model(name: str) -> published.PublishedTable | None:
    """Return what is known of a benchmark that a model predicts; None for any other."""
    known = published.published_tables().values()
    return next((one for one in known if one.name == name and not one.file.endswith(store.SUFFIX)), None)


def _verified(table: TableFile) -> bool:
    known = published.published_table(table.path.stem)
    return known is not None and known.sha256 == table.sha256


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
        grid.add_row(path.stem, _size(path), str(path.parent))
    Console().print(grid if paths else "No table found; see: weaknas data path")


def _size(path: Path) -> str:
    try:
        return f"{store.table_at(path).rows:,}"
    except InvalidTable:
        return "damaged"


@app.command()
def info(name: TableArgument) -> None:
    """Show a table's card, splits, columns and checksum."""
    if model := _model(name):
        path = store.find(model.file)
        print(f"file: {path}")
        same = "is" if hashlib.sha256(path.read_bytes()).hexdigest() == model.sha256 else "is not"
        print(f"sha256: {same} that of the published model")
        for key, value in model.about.items():
            print(f"{key}: {value}")
        return
    table = _open(name)
    print(f"file: {table.path}")
    print(
        f"sha256: {table.sha256}" + (" (the published facts were verified on this file)" if _verified(table) else "")
    )
    print(f"architectures: {table.rows:,}")
    if reason := published.difference(table):
        print(f"not the published table: {reason}")
    known = published.published_table(table.path.stem)
    for key, value in known.about.items() if known else ():
        print(f"{key}: {value}")
    for metric in metrics_of(table):
        if metric.valid in table.columns and not metric.free:
            print(f"optimum: {_best(table, metric)}")
    for key, value in table.card.items():
        print(f"{shortened(key)}: {shortened(str(value), _LONGEST)}")
    with contextlib.suppress(InvalidTable):  # columns of text, as is said below
        if len(runs := single_runs(table)):
            one = (~np.isnan(runs)).sum(0) == 1
            print(f"rows with one known validation run only: {one.sum():,}")
    for column in table.columns:
        if column not in ("arch", "module_hash"):
            print(f"column {shortened(column)}: {_range(table, column)}")


def _best(table: TableFile, metric: Metric) -> str:
    values = finite(table.numbers(metric.valid))
    if np.isnan(values).all():
        return f"{metric.called(metric.valid)} not known"
    best = metric.best(values)
    rows = np.flatnonzero(values == best).tolist()
    return f"{metric.called(metric.valid)} {metric.text(best)} ({metric.direction}), row {some(rows, 4)}"


def _range(table: TableFile, column: str) -> str:
    try:
        values = table.numbers(column)
    except InvalidTable:
        return "no numbers"
    known = values[~np.isnan(values)]
    return f"{known.min():g} to {known.max():g}, {len(known):,} known" if len(known) else "none known"


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="All found by default.")] = None,
) -> None:
    """Check tables against the published facts; exit code 1 if one does not hold."""
    sound = [_check(_open(name)) for name in names or []]
    for path in store.found() if not names else ():
        try:
            sound.append(_check(store.table_at(path)))
        except WeaknasError as error:  # the others are checked all the same
            print(f"{path}\n  FAILED  {as_sentence(error)}")
            sound.append(False)
    if not all(sound):
        raise typer.Exit(1)


def _check(table: TableFile) -> bool:
    """Print the facts of a table; return whether all hold."""
    print(table.path)
    sound = True
    for fact in facts.check(table):
        sound &= fact.holds
        print(f"  {'ok' if fact.holds else 'FAILED'}  {fact.what}  [{fact.found}]")
    return sound


@app.command()
def fetch(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="An official file; all are listed without.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to; the user's cache by default.")] = None,
) -> None:
    """Download an official benchmark file, to be read with `weaknas data import`; a broken download goes on."""
    if name is None:
        for file in fetching.official_files().values():
            print(f"{file.name}: {file.file}, {file.size}, {file.url or file.page} ({file.note})")
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
