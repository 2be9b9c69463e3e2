"""What the commands that train have in common."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from inspect import Parameter, signature
from math import ceil, isfinite
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
from . import options

__all__ = ["Request", "progress", "run_training", "side_of", "steps_of", "with_request"]


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


@dataclass(frozen=True)
class Request:
    """What is to be trained: the options that the commands share, each described in `options`."""

    space: options.SpaceName
    data: options.Images
    scheme: options.SchemeName
    out: options.Folder
    weights: options.BeginWith = None
    epochs: options.Epochs = None
    steps: options.Steps = None
    batch: options.ImagesAStep = 256
    resolution: options.ImageSize = None
    seed: options.Seed = 0
    device: options.Device = None
    option: options.TrainingOptions = None


def with_request(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that takes the options of `Request` in place of its parameter `request`."""
    shared = signature(Request).parameters
    own = [parameter for name, parameter in signature(command).parameters.items() if name != "request"]

    def with_options(**given: Any) -> None:
        request = Request(**{name: given.pop(name) for name in shared})
        command(**given, request=request)

    parameters = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in (*shared.values(), *own)]
    return options.as_command(with_options, command, parameters)


def run_training(
    request: Request, own: Mapping[str, Any] | None = None, check: Callable[[Scheme], object] = lambda scheme: None
) -> TrainingRun:
    """Train as requested, and print what was trained and found.

    Args:
        request: what the command was asked for.
        own: options of the scheme that the command has options of its own for.
        check: refuses a scheme that does not suit.

    Raises:
        WeaknasError: an option cannot be used, or the run cannot be taken to its end.
    """
    given = by_part(request.option or [], ("scheme", "training", "space", "data"))
    given["scheme"] |= own or {}
    chosen = _space(request.space, given["space"])
    if wrong := given["data"].keys() - {"held_out", "seed"}:
        raise InvalidOption(f"the data have no option {min(wrong)!r}; they take held_out, seed.")
    held_out, split_seed = given["data"].get("held_out", 0.1), given["data"].get("seed", 0)
    made = make_scheme(request.scheme, given["scheme"])
    check(made)
    images = open_images(request.data, held_out=held_out, seed=split_seed)
    run = TrainingRun(
        space=chosen.recipe or {},
        scheme=request.scheme,
        options=asdict(made),  # type: ignore[call-overload]
        optimisation=asdict(make_optimisation(made, given["training"])),
        data=str(request.data.resolve()),
        held_out=held_out,
        split_seed=split_seed,
        image_size=side_of(request.resolution, images, chosen),
        batch=request.batch,
        steps=steps_of(request.steps, request.epochs, request.batch, images, otherwise=30.0),
        seed=request.seed,
        weights=None if request.weights is None else str(weights_file(request.weights).resolve()),
    )
    with progress() as update:
        done = run_to_end(run, request.out, data=images, device=request.device or "auto", on_step=update)
    if leads():
        print(f"{request.out}: {chosen.name}, {request.scheme}, {done.done:,} steps")
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
