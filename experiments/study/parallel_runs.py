"""Runs in parallel: in processes of this machine, or of a cluster."""

import os
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Literal

from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from weaknas.parallel import end_with_parent, workers

from .definition import InvalidStudy
from .one_run import FinishedRun, RunSpec, attempt

__all__ = ["Backend", "attempts"]

Backend = Literal["loky", "dask", "ray"]
Attempt = tuple[RunSpec, FinishedRun | str]
"""What was to be run, and the finished run or the error in a sentence."""

_CHUNK = 4  # runs per job that are passed at once to a backend that returns them all together


@contextmanager
def attempts(specs: Sequence[RunSpec], jobs: int, backend: Backend) -> Iterator[Iterator[Attempt]]:
    """Give the runs as they finish; those in flight are cancelled with the block.

    Args:
        specs: what is to be run.
        jobs: processes.
        backend: joblib's backend.

    Raises:
        InvalidStudy: the backend's package is not installed.
    """
    made = _attempts(specs, jobs, backend)
    try:
        yield made
    finally:
        with warnings.catch_warnings():
            # joblib warns of what it cancels, which whatever ended the block says better
            warnings.filterwarnings("ignore", ".* have been cancelled", UserWarning)
            made.close()


def _attempts(specs: Sequence[RunSpec], jobs: int, backend: Backend) -> Generator[Attempt]:
    """Yield the runs as they finish."""
    if jobs == 1 and backend == "loky":
        yield from map(attempt, specs)
        return
    left = {spec.key: spec for spec in specs}
    with _configured(backend, jobs):
        while left:
            try:
                for spec, outcome in _in_pool(list(left.values()), jobs, backend):
                    del left[spec.key]
                    yield spec, outcome
            except TerminatedWorkerError:  # for want of memory, say; what it was at is among the first that are left
                for key in list(left)[: 2 * effective_n_jobs(jobs)]:
                    yield _alone(left.pop(key))


def _in_pool(specs: Sequence[RunSpec], jobs: int, backend: Backend) -> Iterator[Attempt]:
    """Yield the runs as the processes finish them.

    Raises:
        TerminatedWorkerError: a process was killed.
    """
    if backend == "ray":  # which returns what it was given all together
        for start in range(0, len(specs), chunk := _CHUNK * max(jobs, 1)):
            yield from Parallel()(delayed(attempt)(spec) for spec in specs[start : start + chunk])
    else:
        yield from Parallel(return_as="generator_unordered", batch_size=1)(delayed(attempt)(spec) for spec in specs)


def _alone(spec: RunSpec) -> Attempt:
    """Make a run in a process of its own; one that is killed is a run that failed."""
    with ProcessPoolExecutor(1, initializer=end_with_parent, initargs=(os.getpid(),)) as executor:
        try:
            made: Attempt = executor.submit(attempt, spec).result()
            return made
        except TerminatedWorkerError:
            return spec, "its process was killed, for want of memory perhaps"


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
