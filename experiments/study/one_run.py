"""One run of a study: a strategy on a benchmark with a seed."""

import functools
import hashlib
import inspect
import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import weaknas
from weaknas import Benchmark, Progress, Result, Space, StopSearch, Strategy, doors
from weaknas.contracts import Optimum
from weaknas.errors import WeaknasError, as_sentence
from weaknas.spaces import Batch, Rows, as_rows

from .results_schema import SCHEMA, SOUGHT, Stop, improvements
from .study_file import BenchmarkEntry, StrategyEntry

__all__ = ["Cell", "Opened", "Run", "attempt", "make", "open_benchmark", "run"]

_CACHED = 8  # opened benchmarks that a worker keeps


class Opened(NamedTuple):
    """A benchmark of a study: its part that is searched, and the best mean accuracies there."""

    benchmark: Benchmark
    space: Space
    optimum: Optimum

    @property
    def finite(self) -> bool:
        """Whether the architectures are listed, rather than all that the encoding can write."""
        return isinstance(self.space, Rows)


@dataclass(frozen=True)
class Cell:
    """A run to be made.

    Attributes:
        study: the study's name.
        benchmark: where.
        strategy: what.
        seed: the seed.
        budget: queries, in full trainings.
        stop: when it ends (see `SOUGHT`).
        record: `all` or `improvements`.
        top1: whether to record the favourite of every fit.
        checksums: SHA-256 of the benchmark's files, and of those that plug-ins come from.
    """

    study: str
    benchmark: BenchmarkEntry
    strategy: StrategyEntry
    seed: int
    budget: int
    stop: Stop
    record: str
    top1: bool
    checksums: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, int]:
        """What names the run in the results: labels of benchmark and strategy, seed."""
        return self.benchmark.label, self.strategy.label, self.seed

    @property
    def digest(self) -> str:
        """A digest of all that the run's rows follow from, but for the versions of the software."""
        entry = self.strategy.model_dump(exclude={"budget", "seeds"})
        rest = [getattr(self, name) for name in ("study", "seed", "budget", "stop", "record", "top1")]
        content = [self.benchmark.model_dump(), entry, rest, dict(self.checksums)]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()[:16]


class Run(NamedTuple):
    """A finished run: its rows, and what is known of it beside them."""

    rows: pa.Table
    card: dict[str, Any]


@functools.lru_cache(maxsize=_CACHED)
def _opened(content: str, seed: int | None, from_data: bool) -> Opened:
    entry = BenchmarkEntry.model_validate_json(content)
    options = dict(entry.options)
    if seed is not None:
        options["seed"] = seed
    with doors.names_from_data() if from_data else nullcontext():
        benchmark = weaknas.benchmark(entry.name, **options)
    if entry.constraint is None:
        return Opened(benchmark, benchmark.space, benchmark.report(benchmark.space.sample(1, _rng())).optimum)
    space = benchmark.space.where(entry.constraint)
    rows = as_rows(space)
    if rows is None:
        return Opened(benchmark, space, Optimum(float("nan"), float("nan")))
    report = benchmark.report(rows.rows)
    best = [float(np.fmax.reduce(column, initial=np.nan)) for column in (report.valid_acc, report.test_acc)]
    return Opened(benchmark, space, Optimum(*best))


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def open_benchmark(entry: BenchmarkEntry, seed: int, *, from_data: bool = False) -> Opened:
    """Open a benchmark for a run; this process keeps it open for the next ones.

    Args:
        entry: the benchmark.
        seed: the run's.
        from_data: whether the entry was read from a file of someone else, and may run no code and name no file.

    Raises:
        UntrustedName: it would, all the same.
        WeaknasError: it cannot be opened with these options, or its constraint cannot be kept.
    """
    return _opened(entry.model_dump_json(), seed if entry.draws else None, from_data)


def make(entry: StrategyEntry, opened: Opened, seed: int) -> Strategy:
    """Make a strategy of a study.

    Raises:
        WeaknasError: there is no such strategy or predictor, or it cannot be used with these options.
    """
    options = dict(entry.options)
    if entry.predictor is not None:
        named = isinstance(entry.predictor, str) and entry.predictor_options
        made = weaknas.predictor(str(entry.predictor), **entry.predictor_options) if named else entry.predictor
        options["predictor"] = made
    if "fidelities" in inspect.signature(doors.STRATEGIES.load(entry.name)).parameters:
        options.setdefault("fidelities", opened.benchmark.fidelities)
    return weaknas.strategy(entry.name, opened.space, seed=seed, **options)


class _Watch:
    """Looks at a search while it runs: has it found the optimum, and what does its predictor like best?"""

    def __init__(self, cell: Cell, opened: Opened, strategy: Strategy) -> None:
        self.cell, self.opened, self.strategy = cell, opened, strategy
        self.favourites: dict[float, Batch] = {}  # by what had been paid when the predictor was fitted
        self._paid = 0.0
        sought = {f"{name}_acc" for name in SOUGHT[cell.stop]}
        self._missing = {name for name in sought if not np.isnan(getattr(opened.optimum, name))}
        self._ended = False

    def __call__(self, progress: Progress) -> None:
        if self.cell.top1:
            self.note(self._paid)
        self._paid = progress.queries
        if self._missing and progress.fidelity is None:
            hits = _hits(self.opened, progress.batch)
            self._missing = {name for name in self._missing if not hits[name].any()}
            if not self._missing:
                self._ended = True
                raise StopSearch

    def note(self, paid: float) -> None:
        """Note the favourite of the fit in force, which was made when so much was paid."""
        favourite = self.strategy.recommend()
        if favourite is not None:
            self.favourites[paid] = favourite

    def after_the_search(self) -> None:
        """Have the predictor fitted to everything, by asking for more, and note its favourite."""
        if self.cell.top1 and not self._ended:
            self.strategy.ask(1)
            self.note(self._paid)


def _hits(opened: Opened, batch: Batch) -> dict[str, NDArray[np.bool_]]:
    """Return where a mean accuracy is the best there is; ties count."""
    report = opened.benchmark.report(batch)
    names = ("valid_acc", "test_acc")
    return {name: getattr(report, name) == getattr(opened.optimum, name) for name in names}


def run(cell: Cell) -> Run:
    """Search, and return the run's rows.

    Raises:
        WeaknasError: the benchmark, the strategy or its predictor cannot be used, or breaks its contract.
    """
    with threadpool_limits(1):
        opened = open_benchmark(cell.benchmark, cell.seed)
        strategy = make(cell.strategy, opened, cell.seed)
        watch = _Watch(cell, opened, strategy)
        started = perf_counter()
        result = weaknas.search(opened.benchmark, strategy, cell.budget, callbacks=[watch])
        watch.after_the_search()
        rows = _rows(cell, opened, result, watch)
        wall = perf_counter() - started
    card = {
        **dict(zip(("benchmark", "label", "seed"), cell.key, strict=True)),
        "strategy": result.strategy,
        "queries": int(rows["query"][-1].as_py()),
        "wall_seconds": wall,
        "overhead_seconds": result.overhead_seconds,
        "digest": cell.digest,
    }
    return Run(rows, card)


def attempt(cell: Cell) -> tuple[Cell, Run | str]:
    """Make a run; one that fails gives its error in a sentence, so that the others go on."""
    try:
        return cell, run(cell)
    except WeaknasError as error:
        return cell, as_sentence(error)
    except Exception as error:  # a plug-in may fail in any way
        return cell, f"{type(error).__name__}: {' '.join(str(error).split())}"


def _rows(cell: Cell, opened: Opened, result: Result, watch: _Watch) -> pa.Table:
    """Return the run's rows, as many as the study keeps."""
    history, size = result.history, len(result.history)
    batch = opened.benchmark.space.from_str(history["arch"])
    hits, fidelity = _hits(opened, batch), history["fidelity"].to_numpy(dtype=np.int32, na_value=-1)
    columns: dict[str, Any] = {
        name: history[name].to_numpy(dtype=np.float32) for name in ("valid_acc", "test_acc", "train_seconds", "cost")
    }
    columns["spent_seconds"] = np.cumsum(history["train_seconds"].to_numpy(dtype=np.float64))
    columns["fidelity"] = fidelity
    for name in ("valid", "test"):
        looked_for = name in SOUGHT[cell.stop] or cell.stop == "budget"
        known = looked_for and not np.isnan(getattr(opened.optimum, f"{name}_acc"))
        columns[f"hit_{name}"] = np.where(known, hits[f"{name}_acc"] & (fidelity < 0), -1).astype(np.int8)
    columns["top1_test"] = _favourites(opened, history["cost"].to_numpy(), watch)
    columns |= {"query": np.arange(1, size + 1, dtype=np.int32), "arch": history["arch"].to_numpy(dtype=object)}
    kept = np.ones(size, dtype=bool)
    if SOUGHT[cell.stop]:  # what came after the last hit in its batch was evaluated for nothing
        kept &= np.arange(size) <= _end(columns)
        columns = {name: values[kept] for name, values in columns.items()}
    if cell.record == "improvements":
        kept = improvements(columns, result.objective)
        columns = {name: values[kept] for name, values in columns.items()}
    constant = {
        "study": cell.study,
        "benchmark": cell.benchmark.label,
        "dataset": result.dataset,
        "strategy": result.strategy,
        "label": cell.strategy.label,
        "predictor": result.predictor,
        "options": history["options"].iloc[0],
        "seed": result.seed,
    }
    return _table(constant, columns)


def _end(columns: Mapping[str, NDArray[Any]]) -> int:
    """Return the row at which the last of the known optima is hit that end the run, the last row if one is not."""
    size = len(columns["query"])
    known = [columns[name] for name in ("hit_valid", "hit_test") if (columns[name] >= 0).all()]
    return max((int(np.argmax(hit == 1)) if (hit == 1).any() else size - 1 for hit in known), default=size - 1)


def _favourites(opened: Opened, cost: NDArray[np.float64], watch: _Watch) -> NDArray[np.float32]:
    """Return `(n,)` the mean test accuracy of the favourite after a row, NaN where there was no fit."""
    values = np.full(len(cost), np.nan, dtype=np.float32)
    if watch.favourites:
        at = np.searchsorted(cost, np.array(list(watch.favourites)))
        values[at] = opened.benchmark.report(np.concatenate(list(watch.favourites.values()))).test_acc
    return values


def _table(constant: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    """Make a table with the study's schema; NaN, and numbers below 0 where none can be, become null."""
    size = len(columns["query"])
    arrays = []
    for part in SCHEMA:
        if part.name in constant:
            arrays.append(pa.array([constant[part.name]] * size, part.type))
            continue
        values = columns[part.name]
        absent = None
        if values.dtype.kind == "f":
            absent = np.isnan(values)
        elif values.dtype.kind == "i":
            absent = values < 0
        if pa.types.is_boolean(part.type):
            values = values == 1
        arrays.append(pa.array(values, part.type, mask=absent))
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
