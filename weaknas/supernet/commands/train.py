"""`weaknas supernet train`: train a supernet on images, or go on with a run that was stopped."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ...doors import SPACES
from ...errors import InvalidOption
from ...shell_options import by_part
from ...spaces import NetworkSpace
from ..data import open_images
from ..run import TrainingRun
from ..schemes import make_scheme
from ..training import train as run_to_end
from ..training.optimisation import make_optimisation
from ..training.processes import leads
from . import options
from .running import progress, side_of, steps_of

_PARTS = ("scheme", "training", "space", "data")


def train(
    space: Annotated[str, typer.Argument(help="The space: a registered name, or a TOML file.")],
    data: Annotated[Path, typer.Argument(help="The images: a folder, a Parquet or an .npz file.")],
    scheme: Annotated[
        str, typer.Option(metavar="NAME", help="How it is trained: see weaknas list schemes; or FILE.py:CLASS.")
    ],
    out: options.Folder,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    batch: options.ImagesAStep = 256,
    resolution: Annotated[
        int | None, typer.Option(help="Pixels of the training images' sides; their own, or the space's largest.")
    ] = None,
    seed: options.Seed = 0,
    device: options.Device = None,
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
    given = by_part(option or [], _PARTS)
    if space.endswith(".toml") and given["space"]:
        raise InvalidOption(f"{space} says all of its space; change {min(given['space'])} there, not by an option.")
    chosen = SPACES.create(space, **given["space"])
    if not isinstance(chosen, NetworkSpace) or chosen.supernet is None:
        raise InvalidOption(f"there is no supernet of {chosen.name}: it is not a space of whole networks.")
    if wrong := given["data"].keys() - {"held_out", "seed"}:
        raise InvalidOption(f"the data have no option {min(wrong)!r}; they take held_out, seed.")
    held_out, split_seed = given["data"].get("held_out", 0.1), given["data"].get("seed", 0)
    images = open_images(data, held_out=held_out, seed=split_seed)
    made = make_scheme(scheme, given["scheme"])
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
    )
    with progress() as update:
        done = run_to_end(run, out, data=images, device=device or "auto", on_step=update)
    if leads():
        print(f"{out}: {chosen.name}, {scheme}, {done.done:,} steps")
        for arch in done.found or ():
            print(f"  found {arch}")
