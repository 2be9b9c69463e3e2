"""Running a study: what is missing, in parallel, with a file for every run."""

import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from joblib import Parallel, delayed, parallel_config

import weaknas
from weaknas.errors import WeaknasError, as_sentence

from . import folder
from .cells import Cell, Opened, Run, attempt, make, open_benchmark
from .rows import SOUGHT
from .study_file import BenchmarkEntry, InvalidStudy, StrategyEntry, Study

__all__ = ["Backend", "Plan", "Report", "plan", "run_study"]

Backend = Literal["loky", "dask", "ray"]
_PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "xgboost-cpu", "xgboost", "torch", "optuna")
_CHUNK = 4  # runs per job that are handed at once to a backend that returns them all together


@dataclass(frozen=True)
class Plan:
    """What is to be run.

    Attributes:
        cells: all runs of the study, in the order in which they are made.
        chosen: those that are made now.
        options: by the labels of benchmark and strategy, all options of those that are made now, defaults as well.
        manifest: what the folder says of the study.
    """

    cells: Sequence[Cell]
    chosen: Sequence[Cell]
    options: Mapping[tuple[str, str], Any]
    manifest: dict[str, Any]


@dataclass(frozen=True)
class Report:
    """Where a study stands.

    Attributes:
        cells: the runs that are made now, and those of them that were made before.
        done: the cards of the finished ones (see `Run`).
        failed: by label, the first error.
        last: what the last report did not have yet; None at first.
    """

    cells: Sequence[Cell]
    done: Sequence[dict[str, Any]]
    failed: dict[str, str]
    last: Cell | None = None


def plan(study: Study, only: Sequence[str] = (), command: Sequence[str] = ()) -> Plan:
    """Open every benchmark and make every chosen strategy once, and list the runs: seed by seed.

    Args:
        study: the study.
        only: globs of the labels of the strategies that are run now; all of them without.
        command: the command, for the manifest.

    Raises:
        InvalidStudy: a benchmark, strategy or predictor of the study cannot be used (the message says in which line),
            or a glob matches nothing.
    """
    labels = [strategy.label for strategy in study.strategies]
    for pattern in only:
        if not any(fnmatchcase(label, pattern) for label in labels):
            raise InvalidStudy(f"no strategy of {study.name} is labelled {pattern!r}; there are {', '.join(labels)}.")
    chosen = [label for label in labels if not only or any(fnmatchcase(label, pattern) for pattern in only)]
    opened = [_opened(study, place, entry) for place, entry in enumerate(study.benchmarks)]
    cells, options = [], {}
    for place, strategy in enumerate(study.strategies):
        for entry, bench in zip(study.benchmarks, opened, strict=True):
            if strategy.label in chosen:
                options[entry.label, strategy.label] = _try(study, place, entry, bench)
            cells += _cells(study, strategy, entry, bench)
    cells.sort(key=lambda cell: cell.seed)  # stable: whatever stops the study, the strategies have as many seeds
    mine = [cell for cell in cells if cell.strategy.label in chosen]
    return Plan(cells, mine, options, _manifest(study, opened, command))


def _try(study: Study, place: int, entry: BenchmarkEntry, bench: Opened) -> Any:
    """Make a strategy, and return its options as JSON has them."""
    try:
        made = make(study.strategies[place], bench, 0)
    except WeaknasError as error:
        raise InvalidStudy(f"{study.line('strategies', place)}, on {entry.label}: {as_sentence(error)}") from error
    return json.loads(json.dumps(made.options, default=repr))


def _cells(study: Study, strategy: StrategyEntry, entry: BenchmarkEntry, bench: Opened) -> list[Cell]:
    budget = min(strategy.budget or study.budget, bench.space.size)
    rest = (budget, study.stop, study.record, "paper" in study.protocols, bench.benchmark.checksums)
    return [Cell(study.name, entry, strategy, seed, *rest) for seed in strategy.seeds or study.seeds]


def _opened(study: Study, place: int, entry: BenchmarkEntry) -> Opened:
    try:
        opened = open_benchmark(entry, 0)
    except WeaknasError as error:
        raise InvalidStudy(f"{study.line('benchmarks', place)}: {as_sentence(error)}") from error
    best = [getattr(opened.optimum, f"{name}_acc") for name in SOUGHT[study.stop]]
    if best and all(value != value for value in best):
        raise InvalidStudy(
            f"{study.line('benchmarks', place)}: the optimum of {entry.label} is not known, so stop = {study.stop!r} "
            "would never stop; use stop = 'budget'."
        )
    return opened


def _manifest(study: Study, opened: Sequence[Opened], command: Sequence[str]) -> dict[str, Any]:
    """Say all that is needed beside the tables; what is not known is null."""
    benchmarks = {}
    for entry, (bench, space, optimum) in zip(study.benchmarks, opened, strict=True):
        finite = opened[study.benchmarks.index(entry)].finite
        known = {name: getattr(optimum, name) for name in ("valid_acc", "test_acc")}
        benchmarks[entry.label] = {
            **entry.model_dump(exclude={"label"}),
            "dataset": bench.dataset,
            "objective": bench.objective,
            "optimum": {name: None if value != value else value for name, value in known.items()},
            "universe": f"{space.size:,} listed architectures" if finite else f"all {space.size:.3g} encodings",
            "size": space.size,
            "checksums": bench.checksums,
            "note": bench.note,
        }
    strategies = {}
    for strategy in study.strategies:
        seeds = strategy.seeds or study.seeds
        strategies[strategy.label] = {
            **strategy.model_dump(exclude={"label", "seeds"}),
            "budget": strategy.budget or study.budget,
            "seeds": [[seeds[0], seeds[-1]]],
        }
    return {
        "study": study.name,
        "title": study.title,
        "protocols": study.protocols,
        "checkpoints": study.checkpoints or [study.budget],
        "stop": study.stop,
        "record": study.record,
        "benchmarks": benchmarks,
        "strategies": strategies,
        "versions": _versions(),
        "command": list(command),
        "file": study.text,
    }


def _versions() -> dict[str, str]:
    """Return the versions that the results follow from, as far as they are known here."""
    versions = {"weaknas": weaknas.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


# -- running -----------------------------------------------------------------------------------------------


def run_study(
    planned: Plan,
    directory: Path,
    jobs: int = 1,
    backend: Backend = "loky",
    progress: Callable[[Report], object] = lambda report: None,
) -> dict[str, str]:
    """Make the runs that a folder does not hold yet, and merge all into its tables.

    Args:
        planned: the study.
        directory: its folder; made if it is not there.
        jobs: processes.
        backend: joblib's backend; `dask` and `ray` spread the runs over a cluster.
        progress: called at first and after every run.

    Returns:
        By label, the first error of the runs that failed.

    Raises:
        InvalidStudy: the folder belongs to another study, holds runs that this study does not have, was made with
            other tables, or is in use.
        WeaknasError: a file cannot be written.
    """
    with folder.locked(directory):
        done = _checked(planned, directory)
        digests = {card["digest"] for card in done}
        failed: dict[str, str] = {}
        todo = [cell for cell in planned.chosen if cell.digest not in digests]
        progress(Report(planned.chosen, done, failed))
        for cell, answer in _answers(todo, jobs, backend):
            if isinstance(answer, Run):
                folder.write_run(directory, answer)
                done.append(answer.card)
            else:
                failed.setdefault(cell.strategy.label, f"{cell.benchmark.label}, seed {cell.seed}: {answer}")
            progress(Report(planned.chosen, done, failed, cell))
        folder.merge(directory)
        return failed


def _checked(planned: Plan, directory: Path) -> list[dict[str, Any]]:
    """Return the cards of the finished runs of a folder, and write its manifest.

    Raises:
        InvalidStudy: it holds what this study does not have.
    """
    manifest = planned.manifest
    done = [*folder.read_timings(directory).to_pylist(), *(run.card for run in folder.read_runs(directory, False))]
    if (directory / folder.MANIFEST).exists():
        before = folder.read_manifest(directory)
        if before["study"] != manifest["study"]:
            raise InvalidStudy(
                f"{directory} holds the results of the study {before['study']!r}, not of {manifest['study']!r}; name "
                "another folder with --out."
            )
        _same_tables(before, manifest, directory)
        earlier = before.get("earlier_versions", [])
        if done and before["versions"] != manifest["versions"] and before["versions"] not in earlier:
            earlier = [*earlier, before["versions"]]
        manifest = {**manifest, "earlier_versions": earlier} if earlier else manifest
    elif done:
        raise InvalidStudy(f"{directory} has results but no {folder.MANIFEST}; restore it, or name another folder.")
    wanted = {cell.key: cell.digest for cell in planned.cells}
    for card in done:
        key = card["benchmark"], card["label"], card["seed"]
        if wanted.get(key) != card["digest"]:
            what = "made with other settings" if key in wanted else "which the study no longer has"
            raise InvalidStudy(
                f"{directory} holds a run of {key[1]} on {key[0]} with seed {key[2]}, {what}; name another folder "
                "with --out, give what changed a new label, or delete the folder."
            )
    _same_defaults(planned, directory)
    folder.write_manifest(directory, manifest)
    return list({card["digest"]: card for card in done}.values())


def _same_defaults(planned: Plan, directory: Path) -> None:
    """Compare all options with those of the runs so far: their digests do not know what the study file leaves out."""
    for used in folder.options_used(directory):
        now = planned.options.get((used["benchmark"], used["label"]))
        before = json.loads(used["options"])
        if now is None or now == before:
            continue
        name = min(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
        raise InvalidStudy(
            f"{directory} holds runs of {used['label']} on {used['benchmark']} with {name} = {before.get(name)!r}, "
            f"which is now {now.get(name)!r} by default; name another folder with --out, or give the strategy, with "
            "the value that it should have, a new label."
        )


def _same_tables(before: dict[str, Any], now: dict[str, Any], directory: Path) -> None:
    for label, entry in now["benchmarks"].items():
        old = before["benchmarks"].get(label, entry)["checksums"]
        for file, checksum in entry["checksums"].items():
            if old.get(file, checksum) != checksum:
                raise InvalidStudy(
                    f"the table {file} of {label} is not the one that {directory} was made with (checksum "
                    f"{checksum[:12]}…, not {old[file][:12]}…); put that one back, or name another folder with --out."
                )


def _answers(cells: Sequence[Cell], jobs: int, backend: Backend) -> Iterator[tuple[Cell, Run | str]]:
    """Yield the runs as they finish."""
    if jobs == 1 and backend == "loky":
        yield from map(attempt, cells)
        return
    with _configured(backend, jobs):
        if backend == "ray":  # which returns what it was handed all together
            for start in range(0, len(cells), chunk := _CHUNK * max(jobs, 1)):
                yield from Parallel()(delayed(attempt)(cell) for cell in cells[start : start + chunk])
        else:
            yield from Parallel(return_as="generator_unordered", batch_size=1)(
                delayed(attempt)(cell) for cell in cells
            )


@contextmanager
def _configured(backend: Backend, jobs: int) -> Iterator[None]:
    """Choose joblib's backend.

    Raises:
        InvalidStudy: its package is not installed.
    """
    with ExitStack() as stack:
        try:
            if backend == "dask":
                from dask.distributed import Client

                # Of the scheduler that dask's own settings name, or of one that it starts on this machine.
                stack.enter_context(Client())
            elif backend == "ray":
                from ray.util.joblib import register_ray

                register_ray()
        except ImportError as error:
            package = {"dask": "dask[distributed]", "ray": "ray[default]"}[backend]
            raise InvalidStudy(f"--backend {backend} needs a package; run: pip install '{package}'.") from error
        watch = {"initializer": _end_with, "initargs": (os.getpid(),)} if backend == "loky" else {}
        stack.enter_context(parallel_config(backend=backend, n_jobs=jobs, **watch))
        yield


def _end_with(parent: int) -> None:
    """Have this worker end when the process that started it is killed; left alone it would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
