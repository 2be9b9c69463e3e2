"""Worker processes that end with the process that started them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

__all__ = ["end_with_parent", "workers"]


@contextmanager
def workers(jobs: int, **settings: Any) -> Iterator[None]:
    """Have joblib's `Parallel` use `jobs` processes of this machine within the block.

    Args:
        jobs: processes; -1 for as many as there are cores.
        **settings: what else `joblib.parallel_config` takes.
    """
    from joblib import parallel_config

    with parallel_config(
        backend="loky", n_jobs=jobs, initializer=end_with_parent, initargs=(os.getpid(),), **settings
    ):
        yield


def end_with_parent(parent: int) -> None:
    """Have this worker end when the process that started it is killed; left alone it would work and wait for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()
