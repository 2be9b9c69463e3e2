"""`weaknas validate`: the accuracy of an extracted network."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ...errors import InvalidOption
from ..checkpoints import load
from ..data import open_images
from ..evaluator import Stack, check_classes, device_named, measure
from ..plain import SubNet
from ..recipes import recipe_for
from . import options
from .evaluate import check_split, scores_in_words

app = typer.Typer()


@app.command()
def validate(
    net_file: Annotated[Path, typer.Argument(metavar="NET.safetensors", help="An extracted network.")],
    data: Annotated[Path, typer.Option(metavar="PATH", help="The images: a folder or a file.")],
    split: options.Split = "val",
    batch: options.Batch = 500,
    device: options.Device = None,
    precision: options.Precision = "float32",
    as_json: options.AsJson = False,
) -> None:
    """Score a network that was extracted from a supernet, as it is."""
    check_split(split)
    if precision not in ("float32", "bfloat16"):
        raise InvalidOption(f"--precision is float32 or bfloat16, not {precision!r}.")
    if batch < 1:
        raise InvalidOption(f"--batch is a number of images from 1, not {batch}.")
    net, space, notes = load(net_file)
    if not isinstance(net, SubNet):
        raise InvalidOption(f"{net_file} is a supernet; extract an architecture of it first (supernet extract).")
    share, seed = notes.get("split", (0.1, 0))
    images = open_images(data, held_out=share, seed=seed)
    check_classes(space.network.classes, images)
    if "mean" in notes:
        images = replace(images, mean=tuple(notes["mean"]), std=tuple(notes["std"]))
    part, place = images.part(split), device_named(device)
    crop = recipe_for(space, images, notes.get("image_size")).test_crop(net.resolution)
    stack = Stack(part, np.arange(len(part)), batch, crop, place, keep=0)
    score = measure(net.to(place), stack, images, precision)  # type: ignore[arg-type]
    if as_json:
        print(json.dumps({"arch": net.arch, "split": split, "images": len(part), **score._asdict()}))
        return
    print(net.arch)
    print(scores_in_words(score, split, len(part)))
