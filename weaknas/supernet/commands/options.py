"""The options that the commands for evaluation share."""

from pathlib import Path
from typing import Annotated

import typer

from ...errors import InvalidOption

__all__ = [
    "Arch",
    "AsJson",
    "Batch",
    "BnImages",
    "Classes",
    "Data",
    "Device",
    "Epochs",
    "Folder",
    "HeldOut",
    "ImagesAStep",
    "Measured",
    "Precision",
    "Resolution",
    "Run",
    "Seed",
    "Split",
    "Steps",
    "Weights",
    "one_source",
]

Run = Annotated[str | None, typer.Argument(help="The folder of a training run, or a file of weights.")]
Weights = Annotated[
    str | None, typer.Option(metavar="FILE", help="In place of RUN: weights of ours, of Once-for-All or AttentiveNAS.")
]
Arch = Annotated[str, typer.Option(metavar="TEXT", help="The architecture's text, or the name of a published one.")]
Data = Annotated[
    Path | None, typer.Option(metavar="PATH", help="The images: a folder or a file; those of the run by default.")
]
HeldOut = Annotated[
    float | None,
    typer.Option(help="How much of the training images is held out, a share or a number; by default as in training."),
]
Resolution = Annotated[int | None, typer.Option(help="Another resolution than the text says, of those of the space.")]
Split = Annotated[str, typer.Option(metavar="held-out|val", help="Which images.")]
BnImages = Annotated[
    int | None, typer.Option(help="Training images for batch-norm statistics; by default as the space's authors do.")
]
Batch = Annotated[int, typer.Option(help="Images in a batch.")]
Device = Annotated[str | None, typer.Option(help="Where to compute; a GPU if there is one.")]
Measured = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Only architectures of a CSV or Parquet file, whose latency_* --constraint then knows."
    ),
]
Precision = Annotated[str, typer.Option(metavar="float32|bfloat16", help="Of convolutions and products.")]
Classes = Annotated[
    Path | None,
    typer.Option(
        "--classes",
        metavar="FILE",
        help="The names of the network's classes, one a line in the order of its outputs, if the weights have none.",
    ),
]
Folder = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the run is kept; one that is there goes on.")]
Epochs = Annotated[float | None, typer.Option(help="How long; 30 (fine-tuning: 10) unless --steps is given.")]
Steps = Annotated[int | None, typer.Option(help="How long, in steps.")]
ImagesAStep = Annotated[int, typer.Option("--batch", help="Images a step, of all processes together.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def one_source(run: str | None, weights: str | None) -> str:
    """Return the one of two that is named.

    Raises:
        InvalidOption: none is, or both.
    """
    if (run is None) == (weights is None):
        raise InvalidOption("name what to evaluate: either RUN, the folder of a training run, or --weights FILE.")
    return str(run or weights)
