"""`weaknas supernet train`: train a supernet on images, or go on with a run that was stopped."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from math import ceil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from ...cli.options import by_part
from ...errors import InvalidOption
from ...spaces import MobileSpace, known
from ..data import Images, open_images
from ..run import Run
from ..schemes import SCHEMES
from ..training import Progress
from ..training import train as run_to_end
from ..training.processes import leads
from ..training.trainer import make_recipe, make_scheme

_PARTS = ("scheme", "training", "space", "data")


def train(
    space: Annotated[str, typer.Argument(help="The space: a registered name, or a TOML file.")],
    data: Annotated[Path, typer.Argument(help="The images: a folder, a Parquet or an .npz file.")],
    scheme: Annotated[str, typer.Option(metavar="|".join(SCHEMES), help="How it is trained.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the run is kept; one that is there goes on.")],
    epochs: Annotated[float | None, typer.Option(help="How long; 30 unless --steps is given.")] = None,
    steps: Annotated[int | None, typer.Option(help="How long, in steps.")] = None,
    batch: Annotated[int, typer.Option(help="Images a step, of all processes together.")] = 256,
    resolution: Annotated[
        int | None, typer.Option(help="Pixels of the training images' sides; their own, or the space's largest.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="KEY=VALUE",
            help="An option of the scheme, or of another part: training.KEY, space.KEY, data.KEY. May be repeated.",
        ),
    ] = None,
) -> None:
    """Train a supernet; the same command goes on with a run that was stopped.

    On several GPUs: torchrun --nproc-per-node GPUS --no-python weaknas supernet train ...
    """
    options = by_part(option or [], _PARTS)
    chosen = known(space, **options["space"])
    if not isinstance(chosen, MobileSpace):
        raise InvalidOption(f"{chosen.name} is not a space of mobile networks, and has no supernet.")
    if wrong := options["data"].keys() - {"held_out", "seed"}:
        raise InvalidOption(f"the data have no option {min(wrong)!r}; they take held_out, seed.")
    held_out, split_seed = options["data"].get("held_out", 0.1), options["data"].get("seed", 0)
    images = open_images(data, held_out=held_out, seed=split_seed)
    made = make_scheme(scheme, options["scheme"])
    run = Run(
        space=chosen.recipe,
        scheme=scheme,
        options=asdict(made),  # type: ignore[call-overload]
        recipe=asdict(make_recipe(made, options["training"])),
        data=str(data.resolve()),
        held_out=held_out,
        split_seed=split_seed,
        image_size=_side(resolution, images, chosen),
        batch=batch,
        steps=_steps(steps, epochs, batch, images),
        seed=seed,
    )
    with _bar() as update:
        done = run_to_end(run, out, data=images, device=device, on_step=update)
    if leads():
        print(f"{out}: {chosen.name}, {scheme}, {done.done:,} steps")


def _side(resolution: int | None, images: Images, space: MobileSpace) -> int:
    side = resolution or images.side or space.network.resolution.largest
    if side < 1:
        raise InvalidOption(f"--resolution is a positive number of pixels, not {side}.")
    return side


def _steps(steps: int | None, epochs: float | None, batch: int, images: Images) -> int:
    if steps is not None and epochs is not None:
        raise InvalidOption("--steps and --epochs both say how long to train; give one.")
    wanted = (
        ceil((30.0 if epochs is None else epochs) * (len(images.train) // max(batch, 1))) if steps is None else steps
    )
    if wanted < 1:
        raise InvalidOption("training needs at least one step; give more --steps or --epochs, or a smaller --batch.")
    return wanted


@contextmanager
def _bar() -> Iterator[Callable[[Progress], Any]]:
    """Show progress on a terminal's standard error."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(
        *columns, TextColumn("{task.fields[said]}"), console=console, disable=not (console.is_terminal and leads())
    ) as bar:
        task = bar.add_task("", total=None, said="")

        def update(progress: Progress) -> None:
            hidden = ("step", "rate")
            said = ", ".join(f"{name} {value:.3g}" for name, value in progress.losses.items() if name not in hidden)
            bar.update(task, completed=progress.done, total=progress.steps, said=said)

        yield update
