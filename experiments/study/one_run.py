"""One run of a study: a strategy on a benchmark with a seed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

import weaknas
from weaknas import Progress, StopSearch, Strategy
from weaknas.errors import WeaknasError, as_sentence
from weaknas.spaces import Batch

from .definition import BenchmarkEntry, StrategyEntry
from .instantiate import OpenedBenchmark, make_strategy, open_benchmark
from .results_schema import STOP_TARGETS, Stop
from .run_rows import hits, rows_of

__all__ = ["FinishedRun", "RunSpec", "SearchMonitor", "attempt", "execute"]


@dataclass(frozen=True)
class RunSpec:
    """A run that a study asks for: benchmark, strategy and seed, and all else that its rows follow from.

    Attributes:
        study: the study's name.
        benchmark: the benchmark's entry in the study file.
        strategy: the strategy's entry.
        seed: the seed.
        budget: queries, in full trainings.
        stop: when it ends (see `STOP_TARGETS`).
        record: `all` or `improvements`.
        top1: whether to record the predictor's top-1 architecture after every fit.
        checksums: SHA-256 of the benchmark's files, and of those that plug-ins come from.
        workers: that are simulated; None for a search without them.
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
    workers: int | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """What names the run in the results: labels of benchmark and strategy, seed."""
        return self.benchmark.label, self.strategy.label, self.seed

    @property
    def digest(self) -> str:
        """A digest of all that the run's rows follow from, but for the versions of the software."""
        entry = self.strategy.model_dump(exclude={"budget", "seeds", *self.strategy.unused})
        rest = [getattr(self, name) for name in ("study", "seed", "budget", "stop", "record", "top1")]
        workers = [] if self.workers is None else [self.workers]
        content = [self.benchmark.model_dump(exclude={"workers"}), entry, rest, dict(self.checksums), *workers]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()[:16]


class FinishedRun(NamedTuple):
    """A finished run: its rows, and its row of the timings."""

    rows: pa.Table
    timing: dict[str, Any]


class SearchMonitor:
    """A callback of a search: ends it at the optimum, and notes the predictor's top-1 architectures.

    Args:
        spec: the run.
        opened: its benchmark.
        strategy: its strategy.

    Attributes:
        top1: by the cost paid when the predictor was fitted, the architecture that it ranked first, `(1, d)`.
    """

    def __init__(self, spec: RunSpec, opened: OpenedBenchmark, strategy: Strategy) -> None:
        self.top1: dict[float, Batch] = {}
        self._opened, self._strategy, self._noting = opened, strategy, spec.top1
        self._paid = 0.0
        targets = set(STOP_TARGETS[spec.stop])
        self._missing = {name for name in targets if not np.isnan(getattr(opened.optimum, name))}
        self._ended = False

    def __call__(self, progress: Progress) -> None:
        """Look at a batch that was evaluated.

        Raises:
            StopSearch: the last of the targets is hit.
        """
        if self._noting:
            self._note()
        self._paid = progress.queries
        if self._missing and progress.fidelity is None:
            found = hits(self._opened, progress.batch)
            self._missing = {name for name in self._missing if not found[name].any()}
            if not self._missing:
                self._ended = True
                raise StopSearch

    def after_the_search(self) -> None:
        """Have the predictor fitted to everything, by asking for more, and note its top-1 architecture."""
        if self._noting and not self._ended:
            self._strategy.ask(1)
            self._note()

    def _note(self) -> None:
        """Note the top-1 architecture of the current fit, which was made before the last batch was paid for."""
        recommended = self._strategy.recommend()
        if recommended is not None:
            self.top1[self._paid] = recommended


def execute(spec: RunSpec) -> FinishedRun:
    """Search, and return the run's rows.

    Raises:
        WeaknasError: the benchmark, the strategy or its predictor cannot be used, or breaks its contract.
    """
    with threadpool_limits(1):
        opened = open_benchmark(spec.benchmark, spec.seed)
        strategy = make_strategy(spec.strategy, opened, spec.seed)
        monitor = SearchMonitor(spec, opened, strategy)
        started = perf_counter()
        if spec.workers is None:
            result = weaknas.search(opened.benchmark, strategy, spec.budget, callbacks=[monitor])
        else:
            where = opened.benchmark, strategy, spec.budget
            result = weaknas.simulate(*where, workers=spec.workers, callbacks=[monitor])
        monitor.after_the_search()
        labels = {"study": spec.study, "benchmark": spec.benchmark.label, "label": spec.strategy.label}
        rows = rows_of(result, opened, labels, spec.stop, spec.record, monitor.top1)
        wall = perf_counter() - started
    timing = {
        **dict(zip(("benchmark", "label", "seed"), spec.key, strict=True)),
        "strategy": result.strategy,
        "queries": int(rows["query"][-1].as_py()),
        "wall_seconds": wall,
        "overhead_seconds": result.overhead_seconds,
        "digest": spec.digest,
    }
    return FinishedRun(rows, timing)


def attempt(spec: RunSpec) -> tuple[RunSpec, FinishedRun | str]:
    """Make a run; one that fails gives its error in a sentence, so that the others go on."""
    try:
        return spec, execute(spec)
    except WeaknasError as error:
        return spec, as_sentence(error)
    except Exception as error:  # a plug-in may fail in any way
        return spec, f"{type(error).__name__}: {' '.join(str(error).split())}"
