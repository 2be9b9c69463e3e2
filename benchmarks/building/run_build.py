"""Building a benchmark: shard after shard, in any number of processes, from wherever it was stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from weaknas.errors import InvalidOption, PluginError
from weaknas.parallel import workers
from weaknas.spaces import Batch

from .build_spec import BuildSpec
from .shards import Shards

if TYPE_CHECKING:
    from .distortions import Distorted
    from .training import LearningCurves

__all__ = ["build", "check_device", "measure_rows"]


def build(
    spec: BuildSpec,
    directory: Path,
    *,
    jobs: int = 1,
    fresh: bool = False,
    progress: Callable[[int], object] = lambda done: None,
) -> None:
    """Train and measure every architecture of a build that is not yet in the directory.

    Args:
        spec: what to build.
        directory: where the shards are; a kill at any moment loses at most those in work.
        jobs: processes, each with one thread.
        fresh: start again from nothing.
        progress: called with the number of architectures that are done, first with those that were there.

    Raises:
        InvalidOption: the device is not there, or the directory cannot be used for this build.
        NotFound: there is no such indicator.
    """
    from joblib import Parallel, delayed

    check_device(spec.device)
    from .indicators import check_indicators  # it needs torch

    check_indicators(spec)
    shards = Shards(spec, directory)
    with shards.locked(fresh):
        missing = shards.missing()
        done = len(spec.rows) - sum(len(spec.shard(number)) for number in missing)
        progress(done)
        tasks = (delayed(_build_shard)(spec, directory, number) for number in missing)
        with workers(jobs):
            for finished in Parallel(return_as="generator_unordered", batch_size=1)(tasks):
                done += finished
                progress(done)


def check_device(device: str) -> None:
    """Make sure that torch is installed and has the device.

    Raises:
        PluginError: torch is not installed.
        InvalidOption: there is no such device.
    """
    try:
        import torch
    except ImportError as error:
        raise PluginError("training networks needs torch: pip install 'weaknas[torch]'.") from error
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InvalidOption(f"the device {device!r} cannot be used here: {reason}.") from error


def _build_shard(spec: BuildSpec, directory: Path, number: int) -> int:
    """Train a shard's architectures, each once for every run; return how many."""
    from .indicators import indicators_of

    rows = spec.shard(number)
    with _repeatable():
        indicators = indicators_of(spec, rows, _data(spec)) if spec.indicators else {}
    Shards(spec, directory).write(number, measure_rows(spec, rows), indicators)
    return len(rows)


def measure_rows(spec: BuildSpec, rows: Batch, epochs: int | None = None) -> "LearningCurves":
    """Train `(n, 6)` architectures as a spec says, each once for every run, for all epochs or fewer."""
    from .training import measure

    with _repeatable():
        return measure(rows, spec.runs, _data(spec), epochs)


@contextmanager
def _repeatable() -> Iterator[None]:
    """Let networks compute the same whenever they do."""
    from torch.backends import cudnn

    # One thread is fastest for networks this small, and its sums do not depend on the number of cores.
    with (
        threadpool_limits(1),
        cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
    ):
        yield


@lru_cache(maxsize=1)
def _data(spec: BuildSpec) -> "Distorted":
    """Return a build's images, which this process keeps."""
    import torch

    from .distortions import Distorted

    return Distorted(spec.images, spec.recipe, torch.device(spec.device))
