"""Many architectures of a supernet as a table, in the format of all tables (docs/table-format.md)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..bars import rows_of
from ..contracts import Benchmark
from ..errors import InvalidOption, InvalidTable
from ..spaces import ENUMERABLE, Batch, Space, as_rows
from ..table_file import Column, write_table
from .evaluators import AccuracyEvaluator, Indicator

__all__ = ["columns_of", "distinct", "write", "write_extended"]

_SMALL = 4  # a space of fewer than so many times what is wanted is written out


def distinct(space: Space, n: int, seed: int) -> Batch:
    """Return `n` different architectures drawn at random, fewer where the space has no more.

    Raises:
        InvalidOption: `n` is not positive, or the seed negative.
        InvalidArchitecture: the space is empty.
    """
    if n < 1:
        raise InvalidOption(f"a table has at least one architecture, not {n}.")
    if seed < 0:
        raise InvalidOption(f"the seed of the draw is a whole number from 0, not {seed}.")
    rng = np.random.default_rng(seed)
    if space.size <= min(_SMALL * n, ENUMERABLE):
        listed = as_rows(space)
        assert listed is not None
        rows = listed.rows
        return rows[np.sort(rng.choice(len(rows), min(n, len(rows)), replace=False))]
    found = space.sample(0, rng)
    while len(found) < n:
        drawn = np.concatenate([found, space.sample(n, rng)])
        _, first = np.unique(space.key(drawn), return_index=True)
        if len(first) == len(found):
            break
        found = drawn[np.sort(first)]
    return found[:n]


def columns_of(
    evaluator: AccuracyEvaluator, rows: Iterable[Batch], test: bool, indicators: Mapping[str, Indicator]
) -> dict[str, Any]:
    """Return the columns of a table.

    Args:
        evaluator: what scores them.
        rows: the architectures, one at a time; whoever gives them can tell how far it has come.
        test: whether to score them on the images for validation, too.
        indicators: what else is known of them, by the name of its column.
    """
    kept, parts = [], {"valid": "held-out", **({"test": "val"} if test else {})}
    scores: dict[str, list[Any]] = {name: [] for name in parts}
    for row in rows:
        for name, split in parts.items():
            scores[name].append(evaluator.score(row, split))
        kept.append(np.atleast_2d(row))
    batch, space = np.concatenate(kept), evaluator.supernet.space
    cost = space.cost(batch)
    columns: dict[str, Any] = {"arch": space.to_str(batch)}
    for name, found in scores.items():
        columns[f"{name}_acc"] = np.array([score.top1 for score in found], np.float32)
        for number, one in enumerate(evaluator.runs if len(evaluator.runs) > 1 else ()):
            again = [one.score(row, parts[name]).top1 for row in batch]  # looked up: the mean needed them
            columns[f"{name}_acc_run{number}"] = np.array(again, np.float32)
        columns[f"{name}_loss"] = np.array([score.loss for score in found], np.float32)
    for name, indicator in indicators.items():
        columns[name] = indicator.scores(batch)
    return columns | {"params": cost.params, "macs": cost.macs}


def write(path: Path, columns: dict[str, Any], evaluator: AccuracyEvaluator, source: str) -> None:
    """Write the table, whole or not at all; its card says of which weights and images it is.

    Raises:
        WeaknasError: the file cannot be written.
    """
    card = {
        "benchmark": path.stem,
        "dataset": evaluator.data.name,
        "unit": "percent",
        "valid": "held out of the training images",
        "test": "val",
        "source": source,
        "evaluator": evaluator.name,
        "weights": evaluator.weights,
        "bn_images": evaluator.bn_images,
        **({"batch_statistics": evaluator.batch_statistics} if evaluator.batch_statistics else {}),
        "classes": evaluator.matching,
        "space": evaluator.supernet.space.recipe,
    }
    write_table(path, columns, card)


def write_extended(
    path: Path, truth: Benchmark, batch: Batch, added: Mapping[str, Column], notes: Mapping[str, Any]
) -> int:
    """Write a table with more columns, whole or not at all; return how many architectures it has.

    Architectures have the number of that of their isomorphs of which it is known; those without one are left out.

    Args:
        path: where to.
        truth: the table.
        batch: `(n, d)` the architectures of which the numbers are known.
        added: `(n,)` numbers by their columns; `zc_*` are free to know.
        notes: what the card says beside what that of the table does.

    Raises:
        InvalidOption: it is no table.
        WeaknasError: the file cannot be written.
    """
    space, table = rows_of(truth), truth.recorded
    assert table is not None
    keys, place = np.unique(space.key(batch), return_index=True)
    of_row = space.key(space.rows)
    kept = np.flatnonzero(np.isin(of_row, keys))
    known = place[np.searchsorted(keys, of_row[kept])]
    columns: dict[str, Any] = {}
    for name in table.columns:
        try:
            columns[name] = table.numbers(name)[kept]
        except InvalidTable:
            columns[name] = np.array(table.texts(name), object)[kept]
    own = {name: value for name, value in table.card.items() if name not in ("format", "rows", "writer")}
    write_table(
        path,
        columns | {name: numbers[known] for name, numbers in added.items()},
        {**own, "benchmark": path.stem, **notes},
    )
    return len(kept)
