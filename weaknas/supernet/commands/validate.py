"""`weaknas validate`: the accuracy of an extracted network."""

import json
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from ...errors import InvalidCheckpoint, InvalidOption
from ..checkpoints import load
from ..classes import matched, read_names
from ..data import Images, open_images
from ..evaluators.measuring import Stack, device_named, measure
from ..limits import enough_memory
from ..preprocessing import preprocessing_for
from ..subnet import SubNet
from . import options
from .evaluate import check_split, scores_in_words

app = typer.Typer()

_LARGEST = 4096  # pixels of a side


class _Notes(NamedTuple):
    """What must be known of the images that a network was extracted with; None where its file does not say."""

    held_out: float | None
    seed: int
    colours: tuple[tuple[float, ...], tuple[float, ...]] | None
    image_size: int | None

    @classmethod
    def of(cls, notes: Mapping[str, Any], file: Path) -> "_Notes":
        """Read them.

        Raises:
            InvalidCheckpoint: they are not what `extract` writes.
        """
        try:
            held_out, seed = notes.get("split", (None, 0))
            colours = None
            if "mean" in notes:
                mean, std = (tuple(float(value) for value in notes[name]) for name in ("mean", "std"))
                if not (len(mean) == len(std) == 3 and all(map(isfinite, mean + std)) and min(std) > 0):
                    raise ValueError("they are no colours")
                colours = mean, std
            size = notes.get("image_size")
            if not (size is None or (type(size) is int and 1 <= size <= _LARGEST)):
                raise ValueError("it is no size of images")
            return cls(held_out, seed, colours, size)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise InvalidCheckpoint(
                f"the notes in {file} are not those of an extracted network; extract it again."
            ) from None

    def normalised(self, images: Images, file: Path) -> Images:
        """Return the images with the colours that the network was trained with."""
        if self.colours is not None:
            return replace(images, mean=self.colours[0], std=self.colours[1])
        if images.side is not None and not len(images.train):
            raise InvalidOption(f"{file} does not say its colours, so {images.name} needs its training images, too.")
        return images


@app.command()
def validate(
    net_file: Annotated[Path, typer.Argument(metavar="NET.safetensors", help="An extracted network.")],
    data: Annotated[Path, typer.Option(metavar="PATH", help="The images: a folder or a file.")],
    split: options.Split = "val",
    held_out: options.HeldOut = None,
    batch: options.Batch = 500,
    device: options.Device = None,
    precision: options.Precision = "float32",
    classes: options.Classes = None,
    as_json: options.AsJson = False,
) -> None:
    """Score a network that was extracted from a supernet, as it is; images for validation alone will do."""
    check_split(split)
    if precision not in ("float32", "bfloat16"):
        raise InvalidOption(f"--precision is float32 or bfloat16, not {precision!r}.")
    if batch < 1:
        raise InvalidOption(f"--batch is a number of images from 1, not {batch}.")
    if held_out is not None and split != "held-out":
        raise InvalidOption("--held-out says which training images are scored; it needs --split held-out.")
    net, space, found = load(net_file)
    if not isinstance(net, SubNet):
        raise InvalidOption(f"{net_file} is a supernet; extract an architecture of it first (supernet extract).")
    notes = _Notes.of(found, net_file)
    share = None
    if split == "held-out":
        share = next(value for value in (held_out, notes.held_out, 0.1) if value is not None)
    names = net.class_names if classes is None else read_names(classes)
    images, matching = matched(open_images(data, held_out=share, seed=notes.seed), space.classes, names)
    images = notes.normalised(images, net_file)
    part, place = images.part(split), device_named(device)
    crop = preprocessing_for(space, images, notes.image_size).test_crop(net.resolution)
    stack = Stack(part, np.arange(len(part)), batch, crop, place, keep=0)
    with enough_memory(f"{place} has not enough memory for batches of {batch} images; choose a smaller --batch."):
        score = measure(net.to(place), stack, images, precision)  # type: ignore[arg-type]
    if as_json:
        facts = {"arch": net.arch, "split": split, "images": len(part), "classes": matching}
        print(json.dumps({**facts, **score._asdict()}))
        return
    print(net.arch)
    print(scores_in_words(score, split, len(part), matching))
