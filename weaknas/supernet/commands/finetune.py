"""`weaknas supernet finetune`: train one architecture on, with the weights that it has in a supernet."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ...shell_options import by_part
from ...spaces import NetworkSpace
from ..classes import in_words
from ..evaluators import AccuracyEvaluator, Evaluation, make_evaluator, open_evaluator
from ..loading import Opened, open_both, row_of, weights_file
from ..recorded import with_classes
from ..run import TrainingRun
from ..schemes import make_scheme
from ..training import train as run_to_end
from ..training.optimisation import make_optimisation
from ..training.processes import leads
from . import options
from .evaluate import write_net
from .running import progress, side_of, steps_of

__all__ = ["finetune"]

_NET = "net.safetensors"
_RATE = 0.01  # a tenth of that of training


def finetune(
    out: options.Folder,
    run: options.Run = None,
    weights: options.Weights = None,
    arch: options.Arch = None,
    data: options.Data = None,
    held_out: options.HeldOut = None,
    resolution: options.Resolution = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    batch: options.ImagesAStep = 256,
    seed: options.Seed = 0,
    device: options.Device = None,
    classes: options.Classes = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="KEY=VALUE",
            help="dropout, drop_connect, teacher (a file or a run), distil, or training.KEY. May be repeated.",
        ),
    ] = None,
) -> None:
    """Train one architecture alone, from its weights in a supernet, and write it as a network of its own.

    On images of other classes it gets a new classifier, in which classes that the supernet knows by name keep their
    weights. Its options are those of the scheme `single` and of training; the learning rate is 0.01 unless one is
    given. A teacher is a file of a network, or a supernet, whose largest network then teaches. The same command goes
    on with a run that was stopped.
    """
    source = options.one_source(run, weights)
    given = by_part(option or [], ("scheme", "training"))
    opened = open_both(source, data=data, held_out=held_out, resolution=resolution, classes=classes)
    supernet, images = opened.supernet, opened.images
    row = row_of(supernet.space, options.arch_or_found(arch, source), resolution)
    space, before, said = _with_classifier(opened, device)
    scheme = make_scheme("single", {**given["scheme"], "arch": space.to_str(row)[0]})
    share, split_seed = images.split
    assert share is not None
    tuned = TrainingRun(
        space=space.recipe or {},
        scheme=scheme.name,
        options=asdict(scheme),  # type: ignore[call-overload]
        optimisation=asdict(make_optimisation(scheme, {"learning_rate": _RATE, **given["training"]})),
        data=str(Path(data or (opened.run.data if opened.run else "")).resolve()),
        held_out=share,
        split_seed=split_seed,
        image_size=side_of(opened.image_size, images, space),
        batch=batch,
        steps=steps_of(steps, epochs, batch, images, otherwise=10.0),
        seed=seed,
        weights=str(weights_file(source).resolve()),
        weights_classes=None if classes is None else supernet.class_names,
    )
    with progress() as update:
        run_to_end(tuned, out, data=images, device=device or "auto", on_step=update)
    if leads():
        after = open_evaluator(out, Evaluation(data=data, device=device))
        print(write_net(after, row, out / _NET, str(out)))
        if said:
            print(f"  {said}")
        began = "" if before is None else f"{before.score(row).top1:.3f} % with the weights of the supernet, "
        print(f"  held-out top-1 {began}{after.score(row).top1:.3f} % fine-tuned")


def _with_classifier(opened: Opened, device: str | None) -> tuple[NetworkSpace, AccuracyEvaluator | None, str]:
    """Return the space for the classes of the images, what scores the network as it is, and what was done, in words.

    Where the network knows the images' classes, it can be scored before it is trained on them.
    """
    space, names, mine = opened.supernet.space, opened.supernet.class_names, opened.images.classes
    if names == mine or (names is None and len(mine) == space.classes):
        as_it_is = make_evaluator(opened, Evaluation(device=device))
        return space, as_it_is, in_words(as_it_is.matching)
    shared = len(set(mine) & set(names or ()))
    before = make_evaluator(opened, Evaluation(device=device)) if names and shared == len(mine) else None
    kept = f"{shared:,} of which have the weights of the supernet" if shared else "none of which the supernet knows"
    return with_classes(space, len(mine)), before, f"a new classifier for {len(mine):,} classes, {kept}"
