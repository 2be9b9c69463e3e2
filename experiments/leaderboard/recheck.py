"""Submitted results, looked up again in the tables that they say they come from.

The manifest is not to be trusted: the benchmarks that it names are opened as names from data, so that nothing that it
names is executed, trained or opened as a file (see `doors.names_from_data`).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from weaknas.errors import InvalidArchitecture, InvalidTable, UntrustedName, WeaknasError, as_sentence, system_sentence
from weaknas.measurements import Optimum
from weaknas.metrics import ACCURACY, Metric
from weaknas.spaces import Batch

from ..statistics.runs import Values
from ..study import checks
from ..study.definition import BenchmarkEntry, abbreviated
from ..study.instantiate import OpenedBenchmark, open_benchmark
from ..study.manifest import BenchmarkCard

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["differ", "recheck"]

_WORD = re.compile(r"[\w-]*")  # an option such as run = "random"; a path has other signs
_LEAVE = "correct the manifest, or accept them as they are with --not-compared {!r}"

_SHARE = 1e-4  # by which a number of another metric may differ

TOLERANCE = 0.006
"""Points by which an accuracy may differ from the table's: published ones are rounded to two decimals."""


def recheck(
    frame: "pd.DataFrame", benchmarks: Mapping[str, BenchmarkCard], not_compared: Collection[str] = ()
) -> None:
    """Look every row up again: the architectures, accuracies, costs and hits, the optimum and the checksums.

    Args:
        frame: results, one row a query.
        benchmarks: the manifest's benchmarks by label.
        not_compared: labels of those that are left alone: they are not even opened.

    Raises:
        InvalidTable: something differs (the message says what, and in which row first), or a benchmark cannot be
            opened.
        UntrustedName: only a user may name what the manifest names.
    """
    for label, rows in frame.groupby("benchmark", observed=True):
        if label in not_compared:
            continue
        card = benchmarks[str(label)]
        entry = _entry(str(label), card)
        opened = _opened(entry, 0)
        _check_card(str(label), card, opened)
        for part, bench in _seeded(rows, entry, opened):
            _check_rows(part, bench)


def _entry(label: str, card: BenchmarkCard) -> BenchmarkEntry:
    """Return a benchmark as a study file would name it.

    Raises:
        UntrustedName: an option may be the name of a file.
        InvalidTable: it is no benchmark.
    """
    for text in _texts(card.options):
        if not _WORD.fullmatch(text):
            raise UntrustedName(
                f"the manifest's benchmark {label!r} has {abbreviated(text)} in its options, which may name a file; "
                f"{_LEAVE.format(label)}."
            )
    keys = card.model_dump(include={*BenchmarkEntry.model_fields})
    try:
        return BenchmarkEntry.model_validate({**keys, "label": label})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidTable(
            f"the manifest's benchmark {label!r} is not one: {where}: {first['msg']}; correct it."
        ) from error


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in an option, however deep."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)


def _opened(entry: BenchmarkEntry, seed: int) -> OpenedBenchmark:
    """Open a benchmark that a submission names, to compare with it."""
    try:
        return open_benchmark(entry, seed, from_data=True)
    except Exception as error:  # options of any kind reach the benchmark
        what = as_sentence(error).rstrip(".") if isinstance(error, WeaknasError) else system_sentence(error)
        kind = UntrustedName if isinstance(error, UntrustedName) else InvalidTable
        raise kind(
            f"the results on {entry.label} cannot be compared with its table: {what}; {_LEAVE.format(entry.label)}."
        ) from error


def _check_card(label: str, card: BenchmarkCard, opened: OpenedBenchmark) -> None:
    """Compare what the manifest says of a benchmark with the benchmark itself."""
    here = opened.benchmark.checksums
    for file, checksum in card.checksums.items():
        if file not in here:
            raise InvalidTable(
                f"the results on {label} were made with the file {abbreviated(file)}, "
                f"which {opened.benchmark.name} has not here; {_LEAVE.format(label)}."
            )
        if here[file] != checksum:
            raise InvalidTable(
                f"the results on {label} were made with another {file} than the one here (checksum {checksum[:12]}…, "
                f"not {here[file][:12]}…); use the published table."
            )
    if card.dataset != opened.benchmark.dataset:
        raise InvalidTable(
            f"the manifest says that the dataset of {label} is {abbreviated(card.dataset)}, and it is "
            f"{opened.benchmark.dataset!r}; correct it."
        )
    if card.objective != opened.benchmark.objective:
        raise InvalidTable(
            f"the manifest says that the searches on {label} saw {card.objective}, and with these options they see "
            f"{opened.benchmark.objective}; correct the manifest's options."
        )
    size = card.size
    if size is not None and size != opened.space.size:
        raise InvalidTable(
            f"the manifest says that {label} has size {size}, and it is {opened.space.size}; correct it."
        )
    if card.metric != opened.benchmark.metric:
        raise InvalidTable(
            f"the manifest says that the results on {label} are {card.metric.card}, and they are "
            f"{opened.benchmark.metric.card}; correct it."
        )
    both = zip((card.metric.valid, card.metric.test), _pair(card.best), _pair(opened.optimum), strict=True)
    for name, stated, best in both:
        if differ(np.array([stated]), np.array([best]), card.metric).any():
            said = None if np.isnan(stated) else stated
            raise InvalidTable(
                f"the manifest's optimum of {label} has {name} {said}, and the table {best}; correct it."
            )


def _pair(best: Optimum) -> tuple[float, float]:
    return best.valid, best.test


def _seeded(
    rows: "pd.DataFrame", entry: BenchmarkEntry, opened: OpenedBenchmark
) -> Iterator[tuple["pd.DataFrame", OpenedBenchmark]]:
    """Yield the rows with the benchmark that they saw: one for each seed where the benchmark draws."""
    if not entry.draws:
        yield rows, opened
        return
    for seed, part in rows.groupby("seed"):
        yield part, _opened(entry, int(str(seed)))


def _check_rows(rows: "pd.DataFrame", opened: OpenedBenchmark) -> None:
    """Compare the rows of runs that saw one and the same benchmark."""
    bench = opened.benchmark
    texts, row = np.unique(rows["arch"].to_numpy(dtype=str), return_inverse=True)
    try:
        batch = bench.space.from_str(texts.tolist())
    except InvalidArchitecture as error:
        raise InvalidTable(f"the results name what {bench.name} does not have: {as_sentence(error)}") from error
    _refuse(rows, ~opened.space.is_valid(batch)[row], "an architecture is outside of the constraint")
    report = bench.report(batch)
    fidelity = rows["fidelity"].to_numpy(dtype=np.float64, na_value=np.nan)
    for kind in ("valid", "test"):
        hit = rows[f"hit_{kind}"]
        best = (getattr(report, kind) == getattr(opened.optimum, kind))[row] & np.isnan(fidelity)
        wrong = hit.notna().to_numpy() & (hit.fillna(False).to_numpy(dtype=bool) != best)
        _refuse(rows, wrong, f"{hit.name} says otherwise")
    metric = bench.metric
    right: dict[str, tuple[Values, Metric]] = {metric.test: (report.test[row], metric)}
    scores, seconds = _measured(opened, batch[row], fidelity)
    columns = (bench.objective, *(one.valid for one in bench.also))
    right |= {name: (values, one) for name, values, one in zip(columns, scores.T, bench.objectives, strict=True)}
    for name, (values, one) in right.items():
        _refuse(rows, differ(rows[name].to_numpy(dtype=np.float64), values, one), f"{name} is another")
    told = rows["train_seconds"].to_numpy(dtype=np.float64)
    more = told - seconds  # going on along one schedule takes less than all of it, and rows before it may be left out
    more = np.where(opened.benchmark.resumable & (told >= 0), np.maximum(more, 0.0), more)
    _refuse(rows, np.abs(more) > 0.01 + 0.001 * np.abs(seconds), "train_seconds is another")
    top1 = rows["top1_test"].to_numpy(dtype=np.float64)
    best = np.full(len(top1), opened.optimum.test)
    beyond = (metric.oriented(top1) > metric.oriented(best)) & differ(top1, best, metric)
    _refuse(rows, beyond & ~np.isnan(top1 + best), "top1_test is more than there is")
    _check_costs(rows, opened, fidelity)


def _check_costs(rows: "pd.DataFrame", opened: OpenedBenchmark, fidelity: Values) -> None:
    """Check that low fidelities cost their share of a full training, and rows that were left out something."""
    epochs = opened.benchmark.fidelities or (1,)
    shares = np.where(np.isnan(fidelity), 1.0, fidelity / epochs[-1])
    ordered = rows.assign(share=shares).sort_values(["label", "seed", "query"], kind="stable")
    runs = ordered.groupby(["label", "seed"], observed=True)
    step = (ordered["cost"].astype(np.float64) - runs["cost"].shift(fill_value=0.0)).to_numpy()
    gap = (ordered["query"] - runs["query"].shift(fill_value=0)).to_numpy()
    # What a training may go on from: nothing, or a shorter one where that is a part of the same schedule.
    before = np.array([0.0, *(np.array(epochs[:-1]) / epochs[-1] if opened.benchmark.resumable else ())])
    possible = ordered["share"].to_numpy()[:, None] - before
    possible = np.where(possible > checks.TOLERANCE, possible, np.inf)
    fits = (np.abs(step[:, None] - possible) <= checks.TOLERANCE).any(axis=1)
    wrong = (step < possible.min(axis=1) - checks.TOLERANCE) | ((gap == 1) & ~fits)
    _refuse(ordered, wrong, "the cost is not the sum of what was trained")


def _measured(opened: OpenedBenchmark, batch: Batch, fidelity: Values) -> tuple[Values, Values]:
    """Return the `(n, k)` scores and the seconds that a search would have been told, each row at its fidelity."""
    scores, seconds = np.empty((len(batch), len(opened.benchmark.objectives))), np.empty(len(batch))
    for epochs in np.unique(fidelity):
        at = np.isnan(fidelity) if np.isnan(epochs) else fidelity == epochs
        measured = opened.benchmark.evaluate(batch[at], None if np.isnan(epochs) else int(epochs))
        scores[at], seconds[at] = measured.scores.reshape(at.sum(), -1), measured.train_seconds
    return scores, seconds


def differ(stated: Values, right: Values, metric: Metric = ACCURACY) -> NDArray[np.bool_]:
    """Return where numbers differ: percentages by points, anything else by a share; unknown ones are equal."""
    tolerance = {"rtol": 0.0, "atol": TOLERANCE} if metric.unit == "%" else {"rtol": _SHARE, "atol": 1e-12}
    differ: NDArray[np.bool_] = ~np.isclose(stated, right, **tolerance, equal_nan=True)
    return differ


def _refuse(rows: "pd.DataFrame", wrong: NDArray[np.bool_], what: str) -> None:
    if wrong.any():
        row = rows.iloc[int(np.argmax(wrong))]
        raise InvalidTable(
            f"{wrong.sum():,} rows on {row['benchmark']} differ from the table on this machine: {what}, first for "
            f"query {row['query']} of {row['label']}, seed {row['seed']}, {row['arch']}; search the published table."
        )
