"""Running a study: what is missing, in parallel, with a file for every run."""

import json
import os
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from weaknas.errors import InvalidTable
from weaknas.parallel import end_with_parent, workers

from . import folder
from .one_run import Cell, Run, attempt
from .planning import Plan
from .study_file import InvalidStudy

__all__ = ["Backend", "Report", "run_study"]

Backend = Literal["loky", "dask", "ray"]
Answers = Generator[tuple[Cell, Run | str]]
_CHUNK = 4  # runs per job that are handed at once to a backend that returns them all together


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
        InvalidStudy: the folder belongs to another study, holds runs that this study does not have, or was made with
            other tables.
        InvalidTable: what it holds is damaged.
        InUse: another process is working on it.
        WeaknasError: a file cannot be written.
    """
    if jobs == 0:
        raise InvalidStudy("0 jobs make no run; give --jobs 1 or more, or -1 for as many as there are cores.")
    with folder.locked(directory):
        done = _checked(planned, directory)
        digests = {card["digest"] for card in done}
        failed: dict[str, str] = {}
        todo = [cell for cell in planned.chosen if cell.digest not in digests]
        progress(Report(planned.chosen, done, failed))
        with _closed(_answers(todo, jobs, backend)) as answers:
            for cell, answer in answers:
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
    made = folder.together(directory)
    done: list[dict[str, Any]] = made.times.to_pylist()
    before = folder.read_manifest(directory) if (directory / folder.MANIFEST).exists() else None
    if before is not None:
        if before["study"] != manifest["study"]:
            raise InvalidStudy(
                f"{directory} holds the results of the study {before['study']!r}, not of {manifest['study']!r}; name "
                "another folder with --out."
            )
        _same_tables(before, manifest, directory)
        earlier = before["earlier_versions"]
        if done and before["versions"] != manifest["versions"] and before["versions"] not in earlier:
            earlier = [*earlier, before["versions"]]
        manifest = {**manifest, "earlier_versions": earlier} if earlier else manifest
    elif done:
        raise InvalidStudy(f"{directory} has results but no {folder.MANIFEST}; restore it, or name another folder.")
    wanted = {cell.key: cell.digest for cell in planned.cells}
    for card in done:
        key = card["benchmark"], card["label"], card["seed"]
        if wanted.get(key) != card["digest"]:
            what = "made with other settings or another plug-in" if key in wanted else "which the study no longer has"
            raise InvalidStudy(
                f"{directory} holds a run of {key[1]} on {key[0]} with seed {key[2]}, {what}; name another folder "
                "with --out, give what changed a new label, or delete the folder."
            )
    _same_defaults(planned, directory, folder.options_used(made.rows))
    if before is not None:
        _same_parameters(before, planned, directory, {(card["benchmark"], card["label"]) for card in done})
        for label, entry in manifest["strategies"].items():
            entry["parameters"] = before["strategies"].get(label, {}).get("parameters", {}) | entry["parameters"]
    folder.write_manifest(directory, manifest)
    return done


def _same_defaults(planned: Plan, directory: Path, used_so_far: Sequence[dict[str, str]]) -> None:
    """Compare all options with those of the runs so far: their digests do not know what the study file leaves out."""
    for used in used_so_far:
        made = planned.in_force.get((used["benchmark"], used["label"]))
        if made is not None:
            before = {"predictor": used["predictor"], **_options(used["options"], directory)}
            now = {"predictor": made["predictor"], **made["options"]}
            _same_values(before, now, f"{directory} holds runs of {used['label']} on {used['benchmark']}")


def _options(text: str, directory: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(text, parse_constant=str))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidTable(
            f"the results in {directory} have options that are no JSON object: {error}; restore them."
        ) from error


def _same_parameters(
    before: dict[str, Any], planned: Plan, directory: Path, done: AbstractSet[tuple[str, str]]
) -> None:
    """Compare the parameters of the predictors, which the rows do not have, where the folder's manifest has them."""
    for benchmark, label in planned.in_force.keys() & done:
        made = planned.in_force[benchmark, label]
        known = before["strategies"].get(label, {}).get("parameters", {}).get(benchmark, made["parameters"])
        for old, new in zip(known, made["parameters"], strict=False):
            _same_values(old, new, f"{directory} holds runs of {label} on {benchmark}, its predictor")


def _same_values(before: dict[str, Any], now: dict[str, Any], where: str) -> None:
    for name in sorted(now.keys() | before.keys()):
        if now.get(name) != before.get(name):
            raise InvalidStudy(
                f"{where} with {name} = {before.get(name)!r}, which is now {now.get(name)!r} by default; name another "
                "folder with --out, or give the strategy, with the value that it should have, a new label."
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


@contextmanager
def _closed(answers: Answers) -> Iterator[Answers]:
    """End a generator with the block; joblib warns of what it cancels, which whatever ended the block says better."""
    try:
        yield answers
    finally:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".* have been cancelled", UserWarning)
            answers.close()


def _answers(cells: Sequence[Cell], jobs: int, backend: Backend) -> Answers:
    """Yield the runs as they finish."""
    if jobs == 1 and backend == "loky":
        yield from map(attempt, cells)
        return
    left = {cell.key: cell for cell in cells}
    with _configured(backend, jobs):
        while left:
            try:
                for cell, answer in _together(list(left.values()), jobs, backend):
                    del left[cell.key]
                    yield cell, answer
            except TerminatedWorkerError:  # for want of memory, say; what it was at is among the first that are left
                for key in list(left)[: 2 * effective_n_jobs(jobs)]:
                    yield _alone(left.pop(key))


def _together(cells: Sequence[Cell], jobs: int, backend: Backend) -> Iterator[tuple[Cell, Run | str]]:
    """Yield the runs as the processes finish them.

    Raises:
        TerminatedWorkerError: a process was killed.
    """
    if backend == "ray":  # which returns what it was handed all together
        for start in range(0, len(cells), chunk := _CHUNK * max(jobs, 1)):
            yield from Parallel()(delayed(attempt)(cell) for cell in cells[start : start + chunk])
    else:
        yield from Parallel(return_as="generator_unordered", batch_size=1)(delayed(attempt)(cell) for cell in cells)


def _alone(cell: Cell) -> tuple[Cell, Run | str]:
    """Make a run in a process of its own; one that is killed is a run that failed."""
    with ProcessPoolExecutor(1, initializer=end_with_parent, initargs=(os.getpid(),)) as executor:
        try:
            found: tuple[Cell, Run | str] = executor.submit(attempt, cell).result()
            return found
        except TerminatedWorkerError:
            return cell, "its process was killed, for want of memory perhaps"


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
        stack.enter_context(workers(jobs) if backend == "loky" else parallel_config(backend=backend, n_jobs=jobs))
        yield
