"""`weaknas supernet finetune`: train one architecture on, with the weights that it has in a supernet."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ...cli.options import by_part
from ..opening import open_evaluator, row_of, weights_file
from ..run import Run
from ..training import train as run_to_end
from ..training.processes import leads
from ..training.trainer import make_recipe, make_scheme
from . import options
from .evaluate import write_net
from .running import progress, side_of, steps_of

__all__ = ["finetune"]

_NET = "net.safetensors"
_RATE = 0.01  # a tenth of that of training


def finetune(
    arch: options.Arch,
    out: options.Folder,
    run: options.Run = None,
    weights: options.Weights = None,
    data: options.Data = None,
    held_out: options.HeldOut = None,
    resolution: options.Resolution = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    batch: options.ImagesAStep = 256,
    seed: options.Seed = 0,
    device: options.Device = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="dropout, drop_connect, or training.KEY. May be repeated."),
    ] = None,
) -> None:
    """Train one architecture alone, from its weights in a supernet, and write it as a network of its own.

    Its options are those of the scheme `single` and of training; the learning rate is 0.01 unless one is given. The
    same command goes on with a run that was stopped.
    """
    source = options.one_source(run, weights)
    given = by_part(option or [], ("scheme", "training"))
    before = open_evaluator(source, data=data, held_out=held_out, resolution=resolution, device=device)
    space, images = before.supernet.space, before.data
    row = row_of(space, arch, resolution)
    scheme = make_scheme("single", {**given["scheme"], "arch": space.to_str(row)[0]})
    tuned = Run(
        space=space.recipe,
        scheme=scheme.name,
        options=asdict(scheme),  # type: ignore[call-overload]
        recipe=asdict(make_recipe(scheme, {"learning_rate": _RATE, **given["training"]})),
        data=str((data or Path(Run.load(source).data)).resolve()),
        held_out=images.split[0],
        split_seed=images.split[1],
        image_size=side_of(before.image_size, images, space),
        batch=batch,
        steps=steps_of(steps, epochs, batch, images, otherwise=10.0),
        seed=seed,
        weights=str(weights_file(source).resolve()),
    )
    with progress() as update:
        run_to_end(tuned, out, data=images, device=device or "auto", on_step=update)
    if leads():
        after = open_evaluator(out, data=data, device=device)
        print(write_net(after, row, out / _NET, str(out)))
        scores = [evaluator.score(row).top1 for evaluator in (before, after)]
        print(f"  held-out top-1 {scores[0]:.3f} % with the weights of the supernet, {scores[1]:.3f} % fine-tuned")
