"""What the commands that train have in common."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from math import ceil, isfinite
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ...doors import SPACES
from ...errors import InvalidOption
from ...shell_options import by_part
from ...spaces import NetworkSpace
from ..data import Images, open_images
from ..loading import weights_file
from ..run import TrainingRun
from ..schemes import Scheme, make_scheme
from ..training import TrainingProgress
from ..training import train as run_to_end
from ..training.optimisation import make_optimisation
from ..training.processes import leads

__all__ = ["progress", "run_training", "side_of", "steps_of"]


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


def run_training(
    space: str,
    data: Path,
    scheme: str,
    out: Path,
    *,
    weights: str | None,
    epochs: float | None,
    steps: int | None,
    batch: int,
    resolution: int | None,
    seed: int,
    device: str | None,
    option: list[str] | None,
    constraint: str | None = None,
    check: Callable[[Scheme], object] = lambda scheme: None,
) -> TrainingRun:
    """Train as the commands' options say, and print what was trained and found.

    Args:
        space: its name or file.
        data: the images.
        scheme: its name.
        out: the folder of the run.
        weights: the run or the file that it begins with.
        epochs: how long.
        steps: how long, in place of epochs.
        batch: images a step.
        resolution: pixels of the images' sides.
        seed: of everything random.
        device: where.
        option: options of all parts, as texts.
        constraint: an option of the scheme that has one of its own.
        check: refuses a scheme that does not suit.

    Raises:
        WeaknasError: an option cannot be used, or the run cannot be taken to its end.
    """
    given = by_part(option or [], ("scheme", "training", "space", "data"))
    if constraint is not None:
        given["scheme"]["constraint"] = constraint
    chosen = _space(space, given["space"])
    if wrong := given["data"].keys() - {"held_out", "seed"}:
        raise InvalidOption(f"the data have no option {min(wrong)!r}; they take held_out, seed.")
    held_out, split_seed = given["data"].get("held_out", 0.1), given["data"].get("seed", 0)
    made = make_scheme(scheme, given["scheme"])
    check(made)
    images = open_images(data, held_out=held_out, seed=split_seed)
    run = TrainingRun(
        space=chosen.recipe or {},
        scheme=scheme,
        options=asdict(made),  # type: ignore[call-overload]
        optimisation=asdict(make_optimisation(made, given["training"])),
        data=str(data.resolve()),
        held_out=held_out,
        split_seed=split_seed,
        image_size=side_of(resolution, images, chosen),
        batch=batch,
        steps=steps_of(steps, epochs, batch, images, otherwise=30.0),
        seed=seed,
        weights=None if weights is None else str(weights_file(weights).resolve()),
    )
    with progress() as update:
        done = run_to_end(run, out, data=images, device=device or "auto", on_step=update)
    if leads():
        print(f"{out}: {chosen.name}, {scheme}, {done.done:,} steps")
        for arch in done.found or ():
            print(f"  found {arch}")
    return done


def _space(name: str, given: Mapping[str, Any]) -> NetworkSpace:
    if name.endswith(".toml") and given:
        raise InvalidOption(f"{name} says all of its space; change {min(given)} there, not by an option.")
    chosen = SPACES.create(name, **given)
    if not isinstance(chosen, NetworkSpace) or chosen.supernet is None:
        raise InvalidOption(f"there is no supernet of {chosen.name}: it is not a space of whole networks.")
    return chosen


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
            said = ", ".join(f"{name} {_short(value)}" for name, value in now.metrics.items() if name not in hidden)
            bar.update(task, completed=now.done, total=now.steps, said=said)

        yield update


def _short(value: float) -> str:
    """Return a number in three digits, of costs in millions."""
    return f"{value / 1e6:.3g}M" if value >= 1e5 else f"{value:.3g}"
