"""Measuring a grid of predictors, encodings, training sizes and seeds, into a file that can be added to."""

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from joblib import Parallel, delayed

from weaknas.errors import InvalidTable, WeaknasError, as_sentence
from weaknas.files import locked
from weaknas.parallel import workers
from weaknas.parquet import read_parquet, write_parquet

from .one_fit import Fit, RankingProtocol, check_size, encodings_of, measure

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "fits", "load", "rank"]

COLUMNS = (
    *Fit._fields,
    *("tau", "spearman", "tau_top", "regret_top", "best_rank", "fit_seconds", "predict_seconds"),
    *("precision_top", "picked_rank"),
)
_RANGES: Final = {
    **dict.fromkeys(("tau", "spearman", "tau_top"), (-1 - 1e-9, 1 + 1e-9)),
    **dict.fromkeys(("train_size", "best_rank", "picked_rank"), (1, math.inf)),
    "precision_top": (0, 1),
}
"""The values that a column may have, ends included; all other columns are 0 or more."""
_KEY = b"weaknas"
_FORMAT = 1


def fits(
    protocol: RankingProtocol,
    predictors: Sequence[str],
    encodings: Sequence[str],
    sizes: Sequence[int],
    seeds: Sequence[int],
) -> list[Fit]:
    """Return the fits of a grid, smallest training sets first.

    Args:
        protocol: what is ranked.
        predictors: their names.
        encodings: names; `default` stands for each predictor's own choice, `shared` for the features that most
            built-ins choose, for the predictors that can take them (see `one_fit.encodings_of`).
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
    return [Fit(name, kind, size, seed) for size, seed, name in grid for kind in kinds[name]]


def rank(
    protocol: RankingProtocol,
    wanted: Sequence[Fit],
    out: Path,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple["pd.DataFrame", dict[str, str]]:
    """Measure the fits that `out` does not hold yet, and add each when it is done; a stop loses those in progress.

    Args:
        protocol: what is ranked.
        wanted: the fits.
        out: the Parquet file of results; made if it is not there.
        jobs: processes.
        progress: called with the number of wanted fits that are measured.

    Returns:
        All results of the file, sorted, and the first error of each predictor that failed.

    Raises:
        InvalidTable: `out` holds something else, or results of another protocol.
        InUse: another process adds to `out`.
    """
    with locked(out, "name another file with --out", file=True):
        return _rank(protocol, wanted, out, jobs, progress)


def _rank(
    protocol: RankingProtocol, wanted: Sequence[Fit], out: Path, jobs: int, progress: Callable[[int], None]
) -> tuple["pd.DataFrame", dict[str, str]]:
    import pandas as pd

    rows: list[Any] = _read(out, protocol).to_dict("records") if out.exists() else []
    known = {tuple(row[name] for name in Fit._fields) for row in rows}
    todo = [fit for fit in wanted if fit not in known]
    failed: dict[str, str] = {}
    done = len(wanted) - len(todo)
    progress(done)
    for fit, row in _measured(protocol, todo, jobs):
        done += 1
        progress(done)
        if isinstance(row, str):
            failed.setdefault(fit.predictor, row)
        else:
            rows.append(row)
            _write(pd.DataFrame(rows, columns=list(COLUMNS)), out, protocol)
    return _sorted(pd.DataFrame(rows, columns=list(COLUMNS))), failed


def _measured(protocol: RankingProtocol, todo: Sequence[Fit], jobs: int) -> Iterator[tuple[Fit, dict[str, Any] | str]]:
    if jobs == 1:
        yield from (_attempt(protocol, fit) for fit in todo)
        return
    with workers(jobs):
        yield from Parallel(return_as="generator_unordered")(delayed(_attempt)(protocol, fit) for fit in todo)


def _attempt(protocol: RankingProtocol, fit: Fit) -> tuple[Fit, dict[str, Any] | str]:
    """Measure a fit, or return its error in place of the results, so that the others continue."""
    try:
        return fit, measure(protocol, fit)
    except WeaknasError as error:
        return fit, as_sentence(error)


def load(path: Path) -> tuple["pd.DataFrame", dict[str, Any]]:
    """Return a file of results and the protocol that it was made with.

    Raises:
        InvalidTable: the file is no ranking, damaged, of another format, or has values that cannot be measured.
    """
    table = read_parquet(path, "ranking of predictors", "name another file")
    try:
        card = json.loads((table.schema.metadata or {})[_KEY])
        version, protocol = card["ranking"], dict(card["protocol"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidTable(f"{path} is no ranking of predictors: it has no card of one; name another file.") from error
    if version != _FORMAT:
        raise InvalidTable(f"{path} is a ranking of format {version!r}; this version of weaknas reads {_FORMAT}.")
    frame = table.to_pandas()
    if problem := _problem(frame):
        raise InvalidTable(f"{path} is no ranking of predictors: {problem}; name another file.")
    return frame, protocol


def _problem(frame: "pd.DataFrame") -> str:
    """Return what is wrong with a ranking, in words; empty where nothing is."""
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
    if frame.duplicated(list(Fit._fields)).any():
        return "it has a measurement twice"
    return ""


def _read(path: Path, protocol: RankingProtocol) -> "pd.DataFrame":
    frame, found = load(path)
    if found != _as_json(protocol):
        wanted = _as_json(protocol).items()
        differ = [f"{key} {found.get(key)!r}, not {value!r}" for key, value in wanted if found.get(key) != value]
        raise InvalidTable(f"{path} holds a ranking with {', '.join(differ)}; name another file.")
    return frame


def _write(frame: "pd.DataFrame", path: Path, protocol: RankingProtocol) -> None:
    import pyarrow as pa

    card = json.dumps({"ranking": _FORMAT, "protocol": _as_json(protocol)})
    table = pa.Table.from_pandas(_sorted(frame), preserve_index=False).replace_schema_metadata({_KEY: card})
    write_parquet(path, table)


def _sorted(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.sort_values(list(Fit._fields), ignore_index=True)


def _as_json(protocol: RankingProtocol) -> dict[str, Any]:
    """Return the protocol as it is after a round trip through JSON."""
    card: dict[str, Any] = json.loads(json.dumps(asdict(protocol)))
    return card
