"""Running a study: what is missing, in parallel, with a file for every run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import folder
from .definition import InvalidStudy
from .one_run import FinishedRun, RunSpec
from .parallel_runs import Backend, attempts
from .planning import StudyPlan
from .resume import finished_runs

__all__ = ["StudyStatus", "run_study"]


@dataclass(frozen=True)
class StudyStatus:
    """Where a study stands.

    Attributes:
        specs: the runs that are made now, and those of them that were made before.
        done: the timings of the finished ones, one a run.
        failed: by label, the first error.
        last: the run that ended since the last status; None at first.
    """

    specs: Sequence[RunSpec]
    done: Sequence[dict[str, Any]]
    failed: dict[str, str]
    last: RunSpec | None = None


def run_study(
    plan: StudyPlan,
    directory: Path,
    jobs: int = 1,
    backend: Backend = "loky",
    progress: Callable[[StudyStatus], object] = lambda status: None,
) -> dict[str, str]:
    """Make the runs that a folder does not hold yet, and merge all into its tables.

    Args:
        plan: the study.
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
        done = finished_runs(plan, directory)
        digests = {timing["digest"] for timing in done}
        failed: dict[str, str] = {}
        missing = [spec for spec in plan.chosen if spec.digest not in digests]
        progress(StudyStatus(plan.chosen, done, failed))
        with attempts(missing, jobs, backend) as made:
            for spec, outcome in made:
                if isinstance(outcome, FinishedRun):
                    folder.write_run(directory, outcome)
                    done.append(outcome.timing)
                else:
                    failed.setdefault(spec.strategy.label, f"{spec.benchmark.label}, seed {spec.seed}: {outcome}")
                progress(StudyStatus(plan.chosen, done, failed, spec))
        folder.merge(directory)
        return failed
