"""The options that the commands for evaluation share."""

from collections.abc import Callable
from dataclasses import fields
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import InvalidOption
from ...shell_options import by_part
from ..evaluators import EVALUATORS, INDICATORS, Evaluation
from ..run import TrainingRun

__all__ = [
    "Arch",
    "AsJson",
    "Batch",
    "BatchStatistics",
    "BeginWith",
    "BnImages",
    "Classes",
    "Data",
    "Device",
    "Epochs",
    "Folder",
    "HeldOut",
    "ImageSize",
    "Images",
    "ImagesAStep",
    "Indicators",
    "Measured",
    "Precision",
    "Resolution",
    "Run",
    "SchemeName",
    "Seed",
    "SpaceName",
    "Split",
    "Steps",
    "TrainingOptions",
    "Weights",
    "arch_or_found",
    "as_command",
    "one_source",
    "with_evaluation",
]

Run = Annotated[str | None, typer.Argument(help="The folder of a training run, or a file of weights.")]
Weights = Annotated[
    str | None, typer.Option(metavar="FILE", help="In place of RUN: weights of ours, of Once-for-All or AttentiveNAS.")
]
Arch = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="The architecture's text, or the name of a published one; the first that the run found by default.",
    ),
]
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
BatchStatistics = Annotated[
    int | None,
    typer.Option(
        metavar="IMAGES",
        help="Score on one batch of so many images, normalised by its own statistics; no recalibration.",
    ),
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
SpaceName = Annotated[str, typer.Argument(metavar="SPACE", help="The space: a registered name, or a TOML file.")]
Images = Annotated[Path, typer.Argument(metavar="IMAGES", help="The images: a folder, a Parquet or an .npz file.")]
SchemeName = Annotated[
    str, typer.Option("--scheme", metavar="NAME", help="How: see weaknas list schemes; or FILE.py:CLASS.")
]
ImageSize = Annotated[
    int | None,
    typer.Option("--resolution", help="Pixels of the training images' sides; their own, or the space's largest."),
]
BeginWith = Annotated[
    str | None,
    typer.Option("--weights", metavar="RUN|FILE", help="Begin with the weights of a supernet; random ones otherwise."),
]
TrainingOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="KEY=VALUE",
        help="An option of the scheme, or of another part: training.KEY, space.KEY, data.KEY. May be repeated.",
    ),
]
Folder = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the run is kept; one that is there goes on.")]
Epochs = Annotated[float | None, typer.Option(help="How long; 30 (fine-tuning: 10) unless --steps is given.")]
Steps = Annotated[int | None, typer.Option(help="How long, in steps.")]
ImagesAStep = Annotated[int, typer.Option("--batch", help="Images a step, of all processes together.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Indicators = Annotated[
    list[str] | None,
    typer.Option("--indicator", metavar="|".join(INDICATORS), help="Say this of it, too. May be repeated."),
]

_EVALUATION: dict[str, Any] = {
    "data": Data,
    "held_out": HeldOut,
    "resolution": Resolution,
    "bn_images": BnImages,
    "batch_statistics": BatchStatistics,
    "batch": Batch,
    "device": Device,
    "precision": Precision,
    "classes": Classes,
    "space": Annotated[str | None, typer.Option(metavar="FILE.py:CLASS", help="The space, if it is of no package.")],
    "evaluator": Annotated[str, typer.Option(metavar="|".join(EVALUATORS), help="What scores architectures.")],
}
_Option = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="KEY=VALUE", help="An option of the evaluator, or training.KEY."),
]


def with_evaluation(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that takes the options of `Evaluation` in place of its parameter `evaluation`."""

    def with_options(*args: Any, option: list[str] | None = None, **given: Any) -> None:
        chosen = {name: given.pop(name) for name in _EVALUATION if name in given}
        parts = by_part(option or [], ("evaluator", "training"))
        own = parts["evaluator"] | ({"training": parts["training"]} if parts["training"] else {})
        command(*args, evaluation=Evaluation(**chosen, evaluator_options=own), **given)

    defaults = {field.name: field.default for field in fields(Evaluation)}
    offered = {name: (annotation, defaults[name]) for name, annotation in _EVALUATION.items()}
    own = [parameter for name, parameter in signature(command).parameters.items() if name != "evaluation"]
    parameters = own + [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in {**offered, "option": (_Option, None)}.items()
    ]
    return as_command(with_options, command, parameters)


def as_command(function: Callable[..., None], command: Callable[..., None], parameters: list[Parameter]) -> Any:
    """Return a function under the name and the help of a command, with the options that some parameters describe."""
    function.__doc__, function.__name__ = command.__doc__, command.__name__
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    function.__signature__ = signature(command).replace(parameters=parameters)  # type: ignore[attr-defined]
    return function


def one_source(run: str | None, weights: str | None) -> str:
    """Return the one of two that is named.

    Raises:
        InvalidOption: none is, or both.
    """
    if (run is None) == (weights is None):
        raise InvalidOption("name what to evaluate: either RUN, the folder of a training run, or --weights FILE.")
    return str(run or weights)


def arch_or_found(arch: str | None, source: str) -> str:
    """Return the architecture that is named; without a name, the first that a run found.

    Raises:
        InvalidOption: neither is there.
    """
    if arch is not None:
        return arch
    found = TrainingRun.load(source).found if Path(source).is_dir() else None
    if not found:
        raise InvalidOption(
            f"{source} names no architecture, as a run does that searched and is at its end; name one with --arch."
        )
    return found[0]
