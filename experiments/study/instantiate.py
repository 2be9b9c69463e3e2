"""The benchmark and the strategy of a run, made from their entries in a study file."""

import functools
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np

import weaknas
from weaknas import Benchmark, Space, Strategy, doors
from weaknas.contracts import Optimum
from weaknas.past import read_past
from weaknas.spaces import as_rows
from weaknas.suited import suited

from .definition import BenchmarkEntry, StrategyEntry

__all__ = ["OpenedBenchmark", "make_strategy", "open_benchmark"]

_CACHED = 8  # opened benchmarks that a worker keeps


class OpenedBenchmark(NamedTuple):
    """A benchmark of a study: its part that is searched, and the best mean accuracies there."""

    benchmark: Benchmark
    space: Space
    optimum: Optimum


def open_benchmark(entry: BenchmarkEntry, seed: int, *, from_data: bool = False) -> OpenedBenchmark:
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


@functools.lru_cache(maxsize=_CACHED)
def _opened(content: str, seed: int | None, from_data: bool) -> OpenedBenchmark:
    entry = BenchmarkEntry.model_validate_json(content)
    options = dict(entry.options)
    if seed is not None:
        options["seed"] = seed
    with doors.names_from_data() if from_data else nullcontext():
        benchmark = weaknas.benchmark(entry.name, **options)
    if entry.constraint is None:
        any_arch = benchmark.space.sample(1, np.random.default_rng(0))
        return OpenedBenchmark(benchmark, benchmark.space, benchmark.report(any_arch).optimum)
    space = benchmark.space.where(entry.constraint)
    rows = as_rows(space)
    if rows is None:
        return OpenedBenchmark(benchmark, space, Optimum())
    report = benchmark.report(rows.rows)
    return OpenedBenchmark(benchmark, space, Optimum.of(report.valid, report.test, benchmark.metric))


def make_strategy(entry: StrategyEntry, opened: OpenedBenchmark, seed: int) -> Strategy:
    """Make a strategy of a study.

    Raises:
        WeaknasError: there is no such strategy or predictor, or it cannot be used with these options.
    """
    options = dict(entry.options)
    if entry.predictor is not None:
        named = isinstance(entry.predictor, str) and entry.predictor_options
        made = weaknas.predictor(str(entry.predictor), **entry.predictor_options) if named else entry.predictor
        options["predictor"] = made
    options = suited(entry.name, opened.benchmark, opened.space, options)
    strategy = weaknas.strategy(entry.name, opened.space, seed=seed, **options)
    if entry.prior:
        strategy.inform(read_past(list(entry.prior), opened.benchmark))
    return strategy
