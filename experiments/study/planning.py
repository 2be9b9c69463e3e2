"""Planning a study: its runs, and what its folder says of it."""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

import weaknas
from weaknas.contracts import Benchmark
from weaknas.errors import WeaknasError, as_sentence
from weaknas.metrics import ACCURACY
from weaknas.pareto import front
from weaknas.simulation import check_workers
from weaknas.spaces import Filtered, Rows, Space, as_rows

from .definition import BenchmarkEntry, InvalidStudy, StrategyEntry, Study
from .instantiate import OpenedBenchmark, make_strategy, open_benchmark
from .manifest import Manifest, make_manifest
from .one_run import RunSpec
from .results_schema import STOP_TARGETS

__all__ = ["StudyPlan", "plan"]

_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "xgboost-cpu", "xgboost", "torch", "optuna")


@dataclass(frozen=True)
class StudyPlan:
    """What is to be run.

    Attributes:
        specs: all runs of the study, in the order in which they are made.
        chosen: those that are made now.
        resolved: by the labels of benchmark and strategy, of those that are made now the `predictor`, the values of
            all `options`, and of all `parameters` of the predictors, defaults as well.
        manifest: what the folder says of the study.
    """

    specs: Sequence[RunSpec]
    chosen: Sequence[RunSpec]
    resolved: Mapping[tuple[str, str], dict[str, Any]]
    manifest: Manifest


def plan(study: Study, only: Sequence[str] = (), command: Sequence[str] = ()) -> StudyPlan:
    """Open every benchmark and make every chosen strategy once, and list the runs: seed by seed.

    Args:
        study: the study.
        only: globs of the labels of the strategies that are run now; all of them without.
        command: what makes all of the study, for the manifest.

    Raises:
        InvalidStudy: a benchmark, strategy or predictor of the study cannot be used (the message says in which line),
            or a glob matches nothing.
    """
    labels = [strategy.label for strategy in study.strategies]
    for pattern in only:
        if not any(_matches(label, pattern) for label in labels):
            raise InvalidStudy(f"no strategy of {study.name} is labelled {pattern!r}; there are {', '.join(labels)}.")
    chosen = [label for label in labels if not only or any(_matches(label, pattern) for pattern in only)]
    opened = [_opened(study, index, entry) for index, entry in enumerate(study.benchmarks)]
    specs, resolved = [], {}
    for index, strategy in enumerate(study.strategies):
        for entry, bench in zip(study.benchmarks, opened, strict=True):
            if strategy.label in chosen:
                resolved[entry.label, strategy.label] = _resolve(study, index, entry, bench)
            specs += _specs(study, strategy, entry, bench)
    specs.sort(key=lambda spec: spec.seed)  # stable: whatever stops the study, the strategies have as many seeds
    chosen_specs = [spec for spec in specs if spec.strategy.label in chosen]
    return StudyPlan(specs, chosen_specs, resolved, _manifest(study, opened, resolved, command))


def _matches(label: str, pattern: str) -> bool:
    return label == pattern or fnmatchcase(label, pattern)


def _resolve(study: Study, index: int, entry: BenchmarkEntry, bench: OpenedBenchmark) -> dict[str, Any]:
    """Make a strategy, and return the values of all its options, as JSON has them."""
    try:
        made = make_strategy(study.strategies[index], bench, 0)
        check_workers(made, entry.workers or study.workers or 1)
        return {
            "predictor": made.predictor_name,
            "options": _plain(made.options, repr),
            "parameters": _plain(made.predictor_params, lambda value: type(value).__name__),
        }
    except Exception as error:  # a plug-in may fail in any way
        raise InvalidStudy(f"{study.line('strategies', index)}, on {entry.label}: {_message(error)}") from error


def _message(error: Exception) -> str:
    return as_sentence(error) if isinstance(error, WeaknasError) else f"{type(error).__name__}: {error}"


def _plain(value: Any, other: Callable[[Any], str]) -> Any:
    """Return a value as JSON has it, NaN as its name, which unlike NaN is equal to itself."""
    return json.loads(json.dumps(value, default=other), parse_constant=str)


def _specs(study: Study, strategy: StrategyEntry, entry: BenchmarkEntry, bench: OpenedBenchmark) -> list[RunSpec]:
    budget = min(strategy.budget or study.budget, bench.space.size)
    checksums = {**bench.benchmark.checksums, **_plugin_files(entry, strategy)}
    rest = (budget, study.stop, study.record, "paper" in study.protocols, checksums)
    workers = entry.workers or study.workers
    return [
        RunSpec(study.name, entry, strategy, seed, *rest, workers=workers) for seed in strategy.seeds or study.seeds
    ]


def _plugin_files(entry: BenchmarkEntry, strategy: StrategyEntry) -> dict[str, str]:
    """Return the SHA-256 of the files that plug-ins and priors come from, by path; changed, they make other runs."""
    predictors = [strategy.predictor] if isinstance(strategy.predictor, str) else strategy.predictor or ()
    parts = [part for name in (entry.name, strategy.name, *predictors, *strategy.prior) for part in name.split(":")]
    return {
        part: hashlib.sha256(Path(part).read_bytes()).hexdigest()
        for part in parts
        if (part.endswith(".py") or part in strategy.prior) and Path(part).is_file()
    }


def _opened(study: Study, index: int, entry: BenchmarkEntry) -> OpenedBenchmark:
    try:
        opened = open_benchmark(entry, 0)
    except Exception as error:  # a plug-in may fail in any way
        raise InvalidStudy(f"{study.line('benchmarks', index)}: {_message(error)}") from error
    best = [getattr(opened.optimum, name) for name in STOP_TARGETS[study.stop]]
    if best and all(value != value for value in best):
        raise InvalidStudy(
            f"{study.line('benchmarks', index)}: the optimum of {entry.label} is not known, so stop = {study.stop!r} "
            "would never stop; use stop = 'budget'."
        )
    if best and opened.benchmark.also:
        raise InvalidStudy(
            f"{study.line('benchmarks', index)}: {entry.label} has several objectives, and stop = {study.stop!r} ends "
            "a run at the optimum of the first; use stop = 'budget'."
        )
    return opened


def _manifest(
    study: Study,
    opened: Sequence[OpenedBenchmark],
    resolved: Mapping[tuple[str, str], dict[str, Any]],
    command: Sequence[str],
) -> Manifest:
    """Say all that is needed beside the tables; what is not known is null."""
    benchmarks = {}
    for entry, (bench, space, optimum) in zip(study.benchmarks, opened, strict=True):
        metric = bench.metric
        known = {metric.valid: optimum.valid, metric.test: optimum.test}
        other = {} if metric == ACCURACY else {"metric": metric.card}
        also = {"also": [one.card for one in bench.also], **_tradeoff(bench, space, entry.draws)} if bench.also else {}
        benchmarks[entry.label] = {
            **entry.model_dump(exclude={"label", "workers"}),
            **({"workers": workers} if (workers := entry.workers or study.workers) else {}),
            "dataset": bench.dataset,
            **other,
            **also,
            "objective": bench.objective,
            "optimum": {name: None if value != value else value for name, value in known.items()},
            "universe": _universe(space),
            "size": space.size,
            "checksums": bench.checksums,
            "note": bench.note,
        }
    strategies = {}
    for strategy in study.strategies:
        seeds = strategy.seeds or study.seeds
        strategies[strategy.label] = {
            **strategy.model_dump(exclude={"label", "seeds", *strategy.unused}),
            "budget": strategy.budget or study.budget,
            "seeds": [[seeds[0], seeds[-1]]],
            "parameters": {
                bench: made["parameters"] for (bench, label), made in resolved.items() if label == strategy.label
            },
        }
    content = {
        "study": study.name,
        "title": study.title,
        "protocols": study.protocols,
        "checkpoints": study.checkpoints or [min(study.budget, max(space.size for _, space, _ in opened))],
        "stop": study.stop,
        "record": study.record,
        "benchmarks": benchmarks,
        "strategies": strategies,
        "versions": _versions(),
        "command": list(command),
        "file": study.text,
    }
    return make_manifest(content)


def _tradeoff(bench: Benchmark, space: Space, draws: bool) -> dict[str, Any]:
    """Return the reference point and the true front of several objectives, as far as they are known.

    The reference is that of each metric, else the worst value of a table; nothing is said where neither is there.
    Where every run draws values of its own, there is no front that all of them search for.
    """
    rows = as_rows(space)
    values = bench.evaluate(rows.rows).scores if bench.recorded is not None and rows is not None else None
    reference, oriented = [], []
    for number, metric in enumerate(bench.objectives):
        turned = np.empty(0) if values is None else metric.oriented(values[:, number])
        known = turned[np.isfinite(turned)]
        if metric.reference is None and not len(known):
            return {}
        reference.append(float(metric.oriented(known.min())) if metric.reference is None else metric.reference)
        oriented.append(turned)
    points = np.stack(oriented, axis=1)
    best = np.zeros((0, len(reference))) if values is None or draws else np.unique(values[front(points)], axis=0)
    return {"tradeoff": {"reference": reference, "front": best.tolist()}}


def _universe(space: Space) -> str:
    """Return in words what a search may choose from."""
    if isinstance(space, Rows):
        return f"{space.size:,} listed architectures"
    if isinstance(space, Filtered):
        return f"those of {space.size:.3g} encodings with {space.what}"
    return f"all {space.size:.3g} encodings"


def _versions() -> dict[str, str]:
    """Return the versions that the results follow from, as far as they are known here."""
    versions = {"weaknas": weaknas.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
