"""Measuring a whole grid of predictors, encodings, training sizes and seeds; what is measured is kept."""

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed

from weaknas.errors import InvalidTable, WeaknasError, as_sentence
from weaknas.files import locked
from weaknas.parallel import workers
from weaknas.parquet import read_parquet, write_parquet

from .cells import Cell, Protocol, check_size, encodings_of, measure

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "cells", "load", "rank"]

COLUMNS = (
    *Cell._fields,
    *("tau", "spearman", "tau_top", "regret_top", "best_rank", "fit_seconds", "predict_seconds"),
    *("precision_top", "picked_rank"),
)
_RANGES = {
    **dict.fromkeys(("tau", "spearman", "tau_top"), (-1 - 1e-9, 1 + 1e-9)),
    **dict.fromkeys(("train_size", "best_rank", "picked_rank"), (1, math.inf)),
    "precision_top": (0, 1),
}
"""What a column may hold, ends included; all others are 0 or more."""
_KEY = b"weaknas"
_FORMAT = 1


def cells(
    protocol: Protocol,
    predictors: Sequence[str],
    encodings: Sequence[str],
    sizes: Sequence[int],
    seeds: Sequence[int],
) -> list[Cell]:
    """Return the cells of a grid, small training sets first.

    Args:
        protocol: what is ranked.
        predictors: their names.
        encodings: names; `default` stands for each predictor's own choice, `shared` for the features that most
            built-ins choose, for the predictors that can take them (see `cells.encodings_of`).
        sizes: of the training sets.
        seeds: of their draws.

    Raises:
        InvalidOption: the benchmark is too small for a size, or has no encoding for a predictor.
    """
    check_size(protocol, max(sizes))
    kinds = {
        name: list(dict.fromkeys(kind for word in encodings for kind in encodings_of(protocol, name, word)))
        for name in predictors
    }
    grid = itertools.product(sorted(set(sizes)), seeds, predictors)
    return [Cell(name, kind, size, seed) for size, seed, name in grid for kind in kinds[name]]


def rank(
    protocol: Protocol,
    wanted: Sequence[Cell],
    out: Path,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple["pd.DataFrame", dict[str, str]]:
    """Measure the cells that `out` does not hold yet, and add each to it as it comes; a stop loses those in flight.

    Args:
        protocol: what is ranked.
        wanted: the cells.
        out: the Parquet file of results; made if it is not there.
        jobs: processes.
        progress: called with the number of wanted cells that are measured.

    Returns:
        All results of the file, sorted, and what failed: by predictor, its first error.

    Raises:
        InvalidTable: `out` holds something else, or results of another protocol.
        InUse: another process adds to `out`.
    """
    with locked(out, "name another file with --out", file=True):
        return _rank(protocol, wanted, out, jobs, progress)


def _rank(
    protocol: Protocol, wanted: Sequence[Cell], out: Path, jobs: int, progress: Callable[[int], None]
) -> tuple["pd.DataFrame", dict[str, str]]:
    import pandas as pd

    rows: list[Any] = _read(out, protocol).to_dict("records") if out.exists() else []
    known = {tuple(row[name] for name in Cell._fields) for row in rows}
    todo = [cell for cell in wanted if cell not in known]
    failed: dict[str, str] = {}
    done = len(wanted) - len(todo)
    progress(done)
    for cell, row in _measured(protocol, todo, jobs):
        done += 1
        progress(done)
        if isinstance(row, str):
            failed.setdefault(cell.predictor, row)
        else:
            rows.append(row)
            _write(pd.DataFrame(rows, columns=list(COLUMNS)), out, protocol)
    return _sorted(pd.DataFrame(rows, columns=list(COLUMNS))), failed


def _measured(protocol: Protocol, todo: Sequence[Cell], jobs: int) -> Iterator[tuple[Cell, dict[str, Any] | str]]:
    if jobs == 1:
        yield from (_attempt(protocol, cell) for cell in todo)
        return
    with workers(jobs):
        yield from Parallel(return_as="generator_unordered")(delayed(_attempt)(protocol, cell) for cell in todo)


def _attempt(protocol: Protocol, cell: Cell) -> tuple[Cell, dict[str, Any] | str]:
    """Measure a cell; one that cannot be measured gives its error, so that the others go on."""
    try:
        return cell, measure(protocol, cell)
    except WeaknasError as error:
        return cell, as_sentence(error)


def load(path: Path) -> tuple["pd.DataFrame", dict[str, Any]]:
    """Return a file of results and the protocol that it was made with.

    Raises:
        InvalidTable: the file is no ranking, damaged, of a newer format, or holds what cannot have been measured.
    """
    table = read_parquet(path, "ranking of predictors", "name another file")
    try:
        card = json.loads((table.schema.metadata or {})[_KEY])
        made, protocol = card["ranking"], dict(card["protocol"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidTable(f"{path} is no ranking of predictors: it has no card of one; name another file.") from error
    if made != _FORMAT:
        raise InvalidTable(f"{path} is a ranking of format {made!r}; this version of weaknas reads {_FORMAT}.")
    frame = table.to_pandas()
    if wrong := _wrong(frame):
        raise InvalidTable(f"{path} is no ranking of predictors: {wrong}; name another file.")
    return frame, protocol


def _wrong(frame: "pd.DataFrame") -> str:
    """Return what cannot be in a ranking, in words; empty where all can."""
    import pandas as pd

    if set(frame.columns) != set(COLUMNS):
        return f"its columns are {', '.join(map(str, frame.columns))}"
    for name in ("predictor", "encoding"):
        if not frame[name].map(lambda text: isinstance(text, str) and text.isprintable()).all():
            return f"{name} is not text"
    for name in set(COLUMNS) - {"predictor", "encoding"}:
        low, high = _RANGES.get(name, (0, math.inf))
        if not pd.api.types.is_numeric_dtype(frame[name]):
            return f"{name} is not numbers"
        known = frame[name].dropna()  # tau of nothing but ties is not defined
        if not known.between(low, high).all() or math.isinf(known.max()):
            return f"{name} has values that it cannot have"
    if frame.duplicated(list(Cell._fields)).any():
        return "it has a measurement twice"
    return ""


def _read(path: Path, protocol: Protocol) -> "pd.DataFrame":
    frame, made = load(path)
    if made != _plain(protocol):
        asked = _plain(protocol).items()
        differ = [f"{key} {made.get(key)!r}, not {value!r}" for key, value in asked if made.get(key) != value]
        raise InvalidTable(f"{path} holds a ranking with {', '.join(differ)}; name another file.")
    return frame


def _write(frame: "pd.DataFrame", path: Path, protocol: Protocol) -> None:
    import pyarrow as pa

    card = json.dumps({"ranking": _FORMAT, "protocol": _plain(protocol)})
    table = pa.Table.from_pandas(_sorted(frame), preserve_index=False).replace_schema_metadata({_KEY: card})
    write_parquet(path, table)


def _sorted(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.sort_values(list(Cell._fields), ignore_index=True)


def _plain(protocol: Protocol) -> dict[str, Any]:
    """The protocol as JSON gives it back."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(protocol)))
    return plain
