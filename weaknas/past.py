"""What was evaluated before: read from results, tables and arrays as the sources of a prior, or to go on with."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import doors
from .account import setting_of
from .contracts import Benchmark, Past, Scores
from .errors import InvalidArchitecture, InvalidOption, InvalidTable
from .measurements import Measurements
from .result import Result
from .saved import is_result
from .spaces import Batch, Space, as_rows
from .spaces.readers import elsewhere_unasked

__all__ = ["Source", "known_of", "past_of", "read_past"]

Source = str | Path | Result | Benchmark | Past | tuple[Batch, Scores]
"""A saved result, a table or a benchmark of one (by name, file or object), or architectures and their scores."""


def read_past(sources: Source | Sequence[Source], benchmark: Benchmark) -> list[Past]:
    """Return what sources tell of the architectures of a benchmark's space.

    Args:
        sources: one, or several in a list. Of a result, what its search was told; of a table, the mean values of all
            its rows by its own metric; arrays are `(n, d)` rows of the benchmark's space and their `(n,)` scores, of
            which higher ones are better.
        benchmark: the one to be searched. Nothing of it is looked at.

    Raises:
        InvalidOption: a source is none of these, tells nothing, or is the table that is to be searched.
        NotFound: there is no such file or benchmark.
        InvalidTable: a file is damaged.
    """
    several = sources if isinstance(sources, list) else [sources]
    if not several:
        raise InvalidOption("a prior is one source or several in a list, and this list is empty.")
    return [_read(source, benchmark) for source in several]


def _read(source: Any, benchmark: Benchmark) -> Past:
    if isinstance(source, str | Path):
        saved = not doors.from_data() and is_result(source)  # what data names is opened by the door, or not at all
        source = Result.load(source) if saved else doors.BENCHMARKS.create(str(source))
    if isinstance(source, Past):
        return source
    if isinstance(source, Result):
        return past_of(_label(source), source.history["arch"].tolist(), source.scores, benchmark.space)
    if isinstance(source, Benchmark):
        return _table(source, benchmark)
    if isinstance(source, tuple) and len(source) == 2:
        batch = benchmark.space.whole.validate(source[0])
        return _finite("arrays", batch, np.asarray(source[1], dtype=np.float64), 0)
    raise InvalidOption(
        "a prior is a saved result, a table, a benchmark of one, or a pair of architectures and scores, not "
        f"{type(source).__name__}."
    )


def _label(result: Result) -> str:
    return f"{result.strategy} on {result.benchmark}, seed {result.seed}"


def _table(source: Benchmark, benchmark: Benchmark) -> Past:
    """Return what all rows of a table tell."""
    same_name = (source.name, source.dataset) == (benchmark.name, benchmark.dataset)
    same_files = bool(set(source.checksums.values()) & set(benchmark.checksums.values()))
    if source is benchmark or ((same_name or same_files) and source.metric.name == benchmark.metric.name):
        raise InvalidOption(
            f"{source.name} is the benchmark to be searched, and holds the answers; a prior is of other data, or the "
            "saved result of a search that paid for what it holds."
        )
    if source.recorded is None:
        raise InvalidOption(
            f"{source.name} has no table of values; search it, save the result, and give that as the prior."
        )
    rows = as_rows(source.space)
    assert rows is not None  # those of the table
    report = source.report(rows.rows)
    values = report.test if source.on_test or np.isnan(report.valid).all() else report.valid
    return past_of(source.name, source.space.to_str(rows.rows), source.metric.oriented(values), benchmark.space)


def past_of(label: str, texts: Sequence[str], scores: Scores, space: Space) -> Past:
    """Return the past evaluations of those architectures, named by texts, that a space has in whole.

    Args:
        label: where they are from.
        texts: `(n,)` text forms.
        scores: `(n,)`, higher is better, NaN for failures.
        space: of the present search.

    Raises:
        InvalidOption: none of the texts can be read, or the scores are all the same.
    """
    whole = space.whole
    with elsewhere_unasked():
        parts = list(_readable(whole, np.asarray(texts, dtype=object), np.arange(len(texts))))
    if not parts:
        raise InvalidOption(
            f"none of the {len(texts):,} architectures of {label} is one of {space.name}, such as {texts[0]!r}; give "
            "a prior of a space that overlaps, or rows that you have translated."
        )
    batch, index = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _finite(label, batch, np.asarray(scores, dtype=np.float64)[index], len(texts) - len(index))


def _readable(
    space: Space, texts: NDArray[np.object_], index: NDArray[np.intp]
) -> Iterator[tuple[Batch, NDArray[np.intp]]]:
    """Yield the architectures that can be read, and which they are; what cannot be read whole is halved."""
    try:
        yield space.validate(space.from_str(texts[index].tolist())), index
    except InvalidArchitecture:
        if len(index) > 1:
            for half in np.array_split(index, 2):
                yield from _readable(space, texts, half)


def _finite(label: str, batch: Batch, scores: Scores, left_out: int) -> Past:
    known = np.isfinite(scores) if scores.shape == (len(batch),) else np.zeros(0, dtype=bool)
    if len(np.unique(scores[known])) < 2:
        raise InvalidOption(
            f"{label} tells nothing: a prior needs a score for each architecture, and two that differ."
        )
    return Past(label, batch[known], scores[known], left_out + int((~known).sum()))


def known_of(result: Result | str | Path, benchmark: Benchmark) -> Iterator[tuple[Batch, Measurements, int | None]]:
    """Yield the evaluations of a result in their order, as the benchmark answered: those of one fidelity together.

    Raises:
        InvalidOption: it is a result of another benchmark, or of one with other options.
        NotFound: there is no such file.
        InvalidTable: the file is damaged.
    """
    result = result if isinstance(result, Result) else Result.load(result)
    columns = [benchmark.objective, *(metric.valid for metric in benchmark.also)]
    asked = {
        "benchmark": (result.benchmark, benchmark.name),
        "dataset": (result.dataset, benchmark.dataset),
        "objective": ([result.objective, *(m.valid for m in result.also)], columns),
        "setting": (result.setting, setting_of(benchmark)),
    }
    for what, (before, now) in asked.items():
        if before != now:
            raise InvalidOption(
                f"a search goes on with the same {what} only: the result has {before!r}, and this search {now!r}; "
                "give it as a prior instead."
            )
    history = result.history
    try:
        batch = benchmark.space.from_str(history["arch"].tolist())
    except InvalidArchitecture as error:
        raise InvalidTable(f"the result is of another version of {benchmark.name}: {error}") from error
    scores = history[columns].to_numpy(dtype=np.float64)
    seconds = history["train_seconds"].to_numpy(dtype=np.float64)
    fidelities = [epochs or None for epochs in history["fidelity"].fillna(0).tolist()]
    for fidelity, group in groupby(range(len(history)), key=fidelities.__getitem__):
        at = list(group)
        values = scores[at] if benchmark.also else scores[at, 0]
        yield batch[at], Measurements(values, seconds[at], result.estimated), fidelity
