"""What must be true of a table, checked on the table itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from weaknas.errors import InvalidTable, NotFound, UntrustedName, as_sentence
from weaknas.metrics import Metric
from weaknas.spaces import NasBench101, NasBench201, NatsSize, Priced, Rows
from weaknas.spaces.cost import Cost
from weaknas.table_file import TableFile
from weaknas.words import some

from .building.cost import cost as built_cost
from .card import space_of_table
from .metrics import metrics_of
from .published import PublishedTable, difference, published_table, reserved

__all__ = ["Check", "check"]

_SAMPLE = 5000
_NETWORKS = {"cifar10": (10, 32), "cifar100": (100, 32), "imagenet16-120": (120, 16)}  # classes, pixels


@dataclass(frozen=True)
class Check:
    """One fact.

    Attributes:
        what: the fact.
        holds: whether the table agrees.
        found: what the table says.
    """

    what: str
    holds: bool
    found: str


def check(table: TableFile) -> Iterator[Check]:
    """Yield the facts of a table, each with whether it holds; the checks of one may take a few seconds."""
    published = published_table(table.path.stem)
    if reason := _not_published(table):
        yield Check("not the published table of its name", False, reason)
        published = None
    complete = published is not None and table.rows == published.rows
    try:
        space = space_of_table(table)
    except (NotFound, UntrustedName) as error:
        yield Check("architectures not checked", True, as_sentence(error))
    else:
        rows = Rows(space, space.from_str(table.texts()))
        yield Check(f"every architecture is one of {space.name}, none twice", True, f"{rows.size:,}")
        if published and published.sha256:
            yield Check("the very file that the published facts were verified on", True, _verified(table, published))
        if published and complete:
            classes = len(np.unique(space.key(rows.rows)))
            yield _equal("classes of isomorphic architectures", published.facts["classes"], classes)
        elif published:
            yield Check(
                f"a part of {published.name}, not the published table: its best is not checked", True, f"{rows.size:,}"
            )
        if "network" in table.card and isinstance(space, NasBench201):  # made by `weaknas data build`
            yield from _params(table, built_cost(rows.rows, **table.card["network"]))
        elif published:
            yield from _official(table, rows)
    for column in published.facts if published and complete else ():
        if published and column != "classes":
            yield from _best(table, published, column)
    for column, metric in _measured(table):
        yield _in_range(table, column, metric)


def _verified(table: TableFile, published: PublishedTable) -> str:
    return "yes" if table.sha256 == published.sha256 else "no, another one"


def _not_published(table: TableFile) -> str:
    """Return why a table is not what its name says, empty if it is."""
    other = reserved(table.path.stem)
    if other and not published_table(table.path.stem):
        return f"{table.path.stem} would be taken for {other}"
    return difference(table)


def _measured(table: TableFile) -> Iterator[tuple[str, Metric]]:
    """Yield the columns of metrics that are paid for, and of their runs and shorter schedules."""
    for metric in metrics_of(table):
        pattern = re.compile(rf"({re.escape(metric.valid)}|{re.escape(metric.test)})(_run\d+|_e\d+|_half)*")
        yield from ((column, metric) for column in table.columns if not metric.free and pattern.fullmatch(column))


def _in_range(table: TableFile, column: str, metric: Metric) -> Check:
    """Return whether accuracies are percent, and other measurements numbers."""
    percent = metric.unit == "%"
    what = f"{column} in percent" if percent else f"{column} has numbers"
    try:
        values = table.numbers(column)
    except InvalidTable as error:
        return Check(what, False, as_sentence(error))
    known = values[~np.isnan(values)]
    if not len(known):
        return Check(what, True, "none known")
    low, high = known.min(), known.max()
    found = f"{metric.text(low)} to {metric.text(high)}, {len(values) - len(known):,} missing"
    return Check(what, bool(0 <= low <= high <= 100) or not percent, found)


def _equal(what: str, expected: object, found: object) -> Check:
    return Check(f"{what}: {expected}", found == expected, str(found))


def _best(table: TableFile, published: PublishedTable, column: str) -> Iterator[Check]:
    value, rows, *ties = published.facts[column]
    values = table.numbers(column)
    found = published.best(column, values)
    best = np.flatnonzero(values == found).tolist()
    digits = len(Decimal(str(value)).normalize().as_tuple().digits)
    yield _equal(f"best {column}", value, float(f"{found:.{digits}g}"))
    yield Check(f"rows that have it: {ties[0] if ties else 1}", len(best) == (ties[0] if ties else 1), some(best))
    yield Check(f"among them {rows}", set(rows) <= set(best), some(best))


def _official(table: TableFile, rows: Rows) -> Iterator[Check]:
    """Yield whether the benchmark's own numbers follow from the architectures."""
    if isinstance(rows.base, NasBench201 | NatsSize):
        cost = rows.base.cost(rows.rows, *_NETWORKS[table.card["dataset"]])
    elif isinstance(rows.base, NasBench101):
        cost = rows.base.cost(rows.rows)
        chosen = np.random.default_rng(0).choice(rows.size, min(_SAMPLE, rows.size), replace=False)
        if "module_hash" in table.columns:
            hashes = np.array(table.texts("module_hash"))[chosen]
            same = int((hashes == rows.base.module_hash(rows.rows[chosen])).sum())
            yield Check(f"module hashes of {len(chosen):,} random rows reproduced", same == len(chosen), f"{same:,}")
    elif isinstance(rows.base, Priced):
        cost = rows.base.cost(rows.rows)
        yield from _counted(table, "macs", cost.macs, "MACs")
    else:
        return
    yield from _params(table, cost)


def _params(table: TableFile, cost: Cost) -> Iterator[Check]:
    yield from _counted(table, "params", cost.params, "parameters")


def _counted(table: TableFile, column: str, counts: NDArray[np.int64], what: str) -> Iterator[Check]:
    if column in table.columns:
        same = int((table.numbers(column) == counts).sum())
        yield Check(f"{what} reproduced for every row", same == table.rows, f"{same:,}")
