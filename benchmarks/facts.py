"""What must be true of a table, checked on the table itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from weaknas.errors import NotFound, as_sentence
from weaknas.spaces import NasBench101, NasBench201, NatsSize, Rows
from weaknas.spaces.cost import Cost

from .building.cost import cost as built_cost
from .store import TableFile
from .table import space_of

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
    complete = table.known is not None and table.rows == table.known.rows
    try:
        space = space_of(table.card)
    except NotFound as error:
        yield Check("architectures not checked", True, as_sentence(error))
    else:
        rows = Rows(space, space.from_str(table.texts()))
        yield Check(f"every architecture is one of {space.name}, none twice", True, f"{rows.size:,}")
        if table.known:
            if complete:
                classes = len(np.unique(space.key(rows.rows)))
                yield _equal("classes of isomorphic architectures", table.known.facts["classes"], classes)
            else:
                yield Check(f"a part of {table.known.name}, so its optimum is not checked", True, f"{rows.size:,}")
            yield from _official(table, rows)
        elif "network" in table.card:  # made by `weaknas data build`
            yield _params(table, built_cost(rows.rows, **table.card["network"]))
    for column in ("valid_acc", "test_acc"):
        if table.known and complete and column in table.known.facts:
            yield from _best(table, column)
    for column in (c for c in table.columns if c.startswith(("valid_acc", "test_acc"))):
        values = table.numbers(column)
        low, high = np.nanmin(values), np.nanmax(values)
        missing = np.isnan(values).sum()
        yield Check(
            f"{column} in percent",
            bool(0 <= low <= high <= 100),
            f"{low:.3f} to {high:.3f}, {missing:,} missing",
        )


def _equal(what: str, expected: object, found: object) -> Check:
    return Check(f"{what}: {expected}", found == expected, str(found))


def _best(table: TableFile, column: str) -> Iterator[Check]:
    assert table.known is not None
    value, rows, *ties = table.known.facts[column]
    values = table.numbers(column)
    best = np.flatnonzero(values == values.max()).tolist()
    places = len(str(value).partition(".")[2])
    yield _equal(f"best {column}", value, round(float(values.max()), places))
    yield Check(f"rows that have it: {ties[0] if ties else 1}", len(best) == (ties[0] if ties else 1), str(best))
    yield Check(f"among them {rows}", set(rows) <= set(best), str(best))


def _official(table: TableFile, rows: Rows) -> Iterator[Check]:
    """Yield whether the benchmark's own numbers follow from the architectures."""
    if isinstance(rows.base, NasBench201 | NatsSize):
        cost = rows.base.cost(rows.rows, *_NETWORKS[table.card["dataset"]])
    elif isinstance(rows.base, NasBench101):
        cost = rows.base.cost(rows.rows)
        chosen = np.random.default_rng(0).choice(rows.size, min(_SAMPLE, rows.size), replace=False)
        hashes = np.array(table.texts("module_hash"))[chosen]
        same = int((hashes == rows.base.module_hash(rows.rows[chosen])).sum())
        yield Check(f"module hashes of {len(chosen):,} random rows reproduced", same == len(chosen), f"{same:,}")
    else:
        return
    yield _params(table, cost)


def _params(table: TableFile, cost: Cost) -> Check:
    same = int((table.numbers("params") == cost.params).sum())
    return Check("parameters reproduced for every row", same == table.rows, f"{same:,}")
