"""The published benchmarks: what is known of their tables, and whether a file is what its name says."""

import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weaknas.doors import BENCHMARKS
from weaknas.metrics import Metric
from weaknas.table_file import TableFile

__all__ = ["PublishedTable", "difference", "published_of", "published_table", "published_tables", "remark", "reserved"]

_NEAR_BEST = 5
"""Tolerances that the published best row may be below the best: two releases average different runs of it."""


@dataclass(frozen=True)
class PublishedTable:
    """What weaknas knows of a table of a published benchmark, or of a model that predicts one, from its card.

    Attributes:
        name: the benchmark's name, `nasbench201/cifar100`.
        file: the table's file name, or the model's.
        rows: how many architectures the table has; 0 for a model.
        get: how to get the table.
        card: what the table's own card must say.
        facts: what must be true of the table; see `benchmarks/facts.py`.
        sha256: checksum of the table that the facts were verified on; None for one that only importers make.
        tolerance: points that the best mean may differ from the published one: releases of a benchmark differ in
            their runs, and digits that are trained on another machine in their rounding.
        resumable: whether its fidelities are points of one schedule.
        about: licence, split and noise, in words.
        metrics: those that the names of its columns do not tell, as a card of format 2 lists them; the main one first.
        space: the space that it is opened with, where the list of choices in its own card does not say which of them
            have a meaning.
    """

    name: str
    file: str
    rows: int
    get: str
    card: dict[str, Any]
    facts: dict[str, Any]
    sha256: str | None = None
    tolerance: float = 0.1
    resumable: bool = False
    about: dict[str, str] = field(default_factory=dict)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    space: dict[str, Any] | None = None

    def best(self, column: str, values: NDArray[np.float64]) -> float:
        """Return the best of `(n,)` values of a column: the smallest of a metric that is to be small."""
        small = {m.get("valid", m["name"]) for m in self.metrics if m.get("direction") == "minimize"} | {"valid_loss"}
        return Metric(column, minimize=column in small).best(values)


@cache
def published_tables() -> dict[str, PublishedTable]:
    """Return the published benchmarks by the file name of their tables."""
    tables = {}
    for card in sorted(files("weaknas_benchmarks").joinpath("cards").iterdir(), key=lambda c: c.name):
        if card.name.endswith(".toml"):
            content = tomllib.loads(card.read_text("utf-8"))
            for entry in content["table"]:
                about = content.get("about", {}) | entry.pop("about", {})
                tables[entry["file"]] = PublishedTable(get=content["get"], about=about, **entry)
    return tables


# -- names -------------------------------------------------------------------------------------------------


def published_table(stem: str) -> PublishedTable | None:
    """Return the published benchmark whose name, or whose table's name, a table's name is taken for."""
    return _by_plain_name().get(_plain(stem))


def published_of(table: object) -> PublishedTable | None:
    """Return the published benchmark whose name a table's file has; None for one that is no file."""
    return published_table(table.path.stem) if isinstance(table, TableFile) else None


def reserved(name: str) -> str | None:
    """Return the name of a published or registered benchmark that a table's name would be taken for, if any."""
    registered = {entry.name for entry in entry_points(group=BENCHMARKS.group)} - {"*"}
    families = {other.partition("/")[0] for other in registered}  # nasbench201 of nasbench201/cifar100
    taken = {_plain(other): other for other in sorted(registered | families)}
    published = published_table(name)
    return published.name if published else taken.get(_plain(name))


@cache
def _by_plain_name() -> dict[str, PublishedTable]:
    return {
        _plain(text): table
        for table in published_tables().values()
        for text in (table.file.removesuffix(".parquet"), table.name)
    }


def _plain(name: str) -> str:
    """Return a name as a reader takes it: without case, signs between its parts, or look-alike letters."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


# -- identity ----------------------------------------------------------------------------------------------


def difference(table: TableFile) -> str:
    """Return what keeps a table from being the published one whose name it has, empty where nothing does.

    A file of another release, or a part of one, passes: its card says the same, and its best rows do not contradict.
    """
    published = published_table(table.path.stem)
    if published is None or published.sha256 == table.sha256:
        return ""
    for key, value in published.card.items():
        if table.card.get(key) != value:
            return f"its card has another {key}"
    if table.rows > published.rows:
        return f"it has {table.rows:,} architectures, and there are {published.rows:,}"
    columns = (column for column in published.facts if column != "classes")
    return next(filter(None, (_other_best(table, published, column) for column in columns)), "")


def _other_best(table: TableFile, published: PublishedTable, column: str) -> str:
    """Return how the best of a column contradicts what was published, empty where it does not."""
    if column not in table.columns:
        return ""
    best, rows, *_ = published.facts[column]
    values = table.numbers(column)
    found = published.best(column, values)
    complete = table.rows == published.rows
    better = published.best(column, np.array([found, best])) == found
    if (better or complete) and not abs(found - best) <= published.tolerance:
        return f"its best {column} is {found:.6g}, and {best} was published"
    if complete and not (abs(values[rows] - found) <= _NEAR_BEST * published.tolerance).all():
        return f"its {column} of row {rows[0]}, which is the best one, is {values[rows[0]]:.6g}"
    return ""


def remark(table: object) -> str:
    """Return what is to be said beside a number of an incomplete table, or one measured anew; empty if nothing."""
    if not isinstance(table, TableFile):  # a frame has no name
        return ""
    published = published_table(table.path.stem)
    if published is None or published.sha256 == table.sha256:
        return ""
    if table.rows < published.rows:
        return f"a part of the published benchmark: {table.rows:,} of {published.rows:,} architectures"
    return "measured anew, not the published table" if "recipe" in table.card else ""
