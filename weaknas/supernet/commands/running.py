"""What the commands that train have in common."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil, isfinite
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ...errors import InvalidOption
from ...spaces import NetworkSpace
from ..data import Images
from ..training import TrainingProgress
from ..training.processes import leads

__all__ = ["progress", "side_of", "steps_of"]


def side_of(resolution: int | None, images: Images, space: NetworkSpace) -> int:
    """Return the pixels of the training images' sides.

    Raises:
        InvalidOption: they are none.
    """
    side = resolution or images.side or space.sides[-1]
    if side < 1:
        raise InvalidOption(f"--resolution is a positive number of pixels, not {side}.")
    return side


def steps_of(steps: int | None, epochs: float | None, batch: int, images: Images, otherwise: float) -> int:
    """Return how many steps were asked for, in steps or in epochs; `otherwise` is in epochs.

    Raises:
        InvalidOption: both are given, one is no number, or there would be none.
    """
    if steps is not None and epochs is not None:
        raise InvalidOption("--steps and --epochs both say how long to train; give one.")
    if epochs is not None and not isfinite(epochs):
        raise InvalidOption(f"--epochs is a number of passes through the images, not {epochs}.")
    wanted = (
        ceil((otherwise if epochs is None else epochs) * (len(images.train) // max(batch, 1)))
        if steps is None
        else steps
    )
    if wanted < 1:
        raise InvalidOption("training needs at least one step; give more --steps or --epochs, or a smaller --batch.")
    return wanted


@contextmanager
def progress() -> Iterator[Callable[[TrainingProgress], Any]]:
    """Show the progress of training on a terminal's standard error."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, TextColumn("{task.fields[said]}"), console=console, disable=not (console.is_terminal and leads())
    ) as bar:
        task = bar.add_task("", total=None, said="")

        def update(now: TrainingProgress) -> None:
            hidden = ("step", "rate")
            said = ", ".join(f"{name} {value:.3g}" for name, value in now.metrics.items() if name not in hidden)
            bar.update(task, completed=now.done, total=now.steps, said=said)

        yield update
