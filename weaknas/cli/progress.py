"""A search in a terminal: how far it is, and the signals that end it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from ..loop import Callback, Progress
from ..metrics import Metric

__all__ = ["bar", "stoppable"]


@contextmanager
def stoppable() -> Iterator[Callback]:
    """Have SIGTERM end a search as Ctrl-C does, so that what was found is not lost.

    Yields what is to be called in every round: Python drops a KeyboardInterrupt that falls into a destructor.
    """
    stopped: list[int] = []

    def stop(number: int, frame: object) -> None:
        stopped.append(number)
        raise KeyboardInterrupt(number)

    def check(progress: Progress) -> None:
        if stopped:
            raise KeyboardInterrupt(stopped[0])

    # A Ctrl-C that is ignored, as in the background of a shell, stays so.
    known = (signal.default_int_handler, signal.SIG_DFL)
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) in known}
    for number in before:
        signal.signal(number, stop)
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def bar(budget: int, quiet: bool, metric: Metric) -> Iterator[Callback]:
    """Show progress on a terminal's standard error."""
    columns = (TextColumn("searching"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Bar(
        *columns,
        TextColumn("best {task.fields[best]}"),
        console=console,
        disable=quiet or not console.is_terminal,
    ) as shown:
        task = shown.add_task("", total=budget, best=metric.text(float("nan")))

        def update(progress: Progress) -> None:
            shown.update(task, completed=progress.queries, best=metric.text(progress.best))

        yield update
