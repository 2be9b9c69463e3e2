"""Measuring a whole grid of predictors, encodings, training sizes and seeds; what is measured is kept."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed

from weaknas.errors import InvalidTable, PluginError, as_sentence
from weaknas.files import write_atomically

from .cells import Cell, Protocol, check_size, encoding_of, measure

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "cells", "load", "rank"]

COLUMNS = (
    *Cell._fields,
    *("tau", "spearman", "tau_top", "regret_top", "best_rank", "fit_seconds", "predict_seconds"),
    *("precision_top", "picked_rank"),
)
_KEY = b"weaknas"
_FORMAT = 1


def cells(
    protocol: Protocol,
    predictors: Sequence[str],
    encodings: Sequence[str | None],
    sizes: Sequence[int],
    seeds: Sequence[int],
) -> list[Cell]:
    """Return the cells of a grid, small training sets first; an encoding of None is the predictor's own choice.

    Raises:
        InvalidOption: the benchmark is too small for a size, or has no encoding for a predictor.
    """
    check_size(protocol, max(sizes))
    kinds = {
        name: list(dict.fromkeys(kind or encoding_of(protocol, name) for kind in encodings)) for name in predictors
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
    """
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
        return (_attempt(protocol, cell) for cell in todo)
    run: Any = Parallel(n_jobs=jobs, return_as="generator_unordered")
    answers: Iterator[tuple[Cell, dict[str, Any] | str]] = run(delayed(_attempt)(protocol, cell) for cell in todo)
    return answers


def _attempt(protocol: Protocol, cell: Cell) -> tuple[Cell, dict[str, Any] | str]:
    """Measure a cell; a broken predictor gives its error, so that the others go on."""
    try:
        return cell, measure(protocol, cell)
    except PluginError as error:
        return cell, as_sentence(error)


def load(path: Path) -> tuple["pd.DataFrame", dict[str, Any]]:
    """Return a file of results and the protocol that it was made with.

    Raises:
        InvalidTable: the file is no ranking, or of a newer format.
    """
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        card: dict[str, Any] = json.loads((table.schema.metadata or {})[_KEY])
        made = card["ranking"]
    except (OSError, ValueError, KeyError) as error:
        raise InvalidTable(f"{path} is no ranking of predictors: {error}; name another file.") from error
    if made != _FORMAT:
        raise InvalidTable(f"{path} is a ranking of format {made}; this version of weaknas reads {_FORMAT}.")
    return table.to_pandas(), card["protocol"]


def _read(path: Path, protocol: Protocol) -> "pd.DataFrame":
    frame, made = load(path)
    if made != _plain(protocol):
        asked = _plain(protocol).items()
        differ = [f"{key} {made.get(key)!r}, not {value!r}" for key, value in asked if made.get(key) != value]
        raise InvalidTable(f"{path} holds a ranking with {', '.join(differ)}; name another file.")
    return frame


def _write(frame: "pd.DataFrame", path: Path, protocol: Protocol) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    card = json.dumps({"ranking": _FORMAT, "protocol": _plain(protocol)})
    table = pa.Table.from_pandas(_sorted(frame), preserve_index=False).replace_schema_metadata({_KEY: card})
    write_atomically(path, lambda part: pq.write_table(table, part, compression="zstd"))


def _sorted(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.sort_values(list(Cell._fields), ignore_index=True)


def _plain(protocol: Protocol) -> dict[str, Any]:
    """The protocol as JSON gives it back."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(protocol)))
    return plain
