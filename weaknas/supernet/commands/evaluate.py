"""`weaknas supernet evaluate` and `extract`: one architecture of a supernet."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ...errors import InvalidOption
from ...files import check_writable, locked
from ...spaces import Batch
from ..checkpoints import save
from ..classes import in_words
from ..evaluators import AccuracyEvaluator, Evaluation, RecalibratedAccuracy, Score, make_indicators, open_evaluator
from ..loading import row_of
from . import options

__all__ = ["check_split", "evaluate", "extract", "scores_in_words", "write_net"]


@options.with_evaluation
def evaluate(
    run: options.Run = None,
    weights: options.Weights = None,
    arch: options.Arch = None,
    split: options.Split = "held-out",
    indicator: options.Indicators = None,
    as_json: options.AsJson = False,
    *,
    evaluation: Evaluation,
) -> None:
    """Score one architecture: statistics of its own for batch normalisation, then accuracy on images kept aside."""
    check_split(split)
    source = options.one_source(run, weights)
    evaluator = open_evaluator(source, evaluation)
    indicators = make_indicators(indicator or (), evaluator.supernet, evaluator.data)
    space = evaluator.supernet.space
    row = row_of(space, options.arch_or_found(arch, source), evaluation.resolution)
    score, cost = evaluator.score(row, split), space.cost(row)
    facts = {
        "arch": space.to_str(row)[0],
        "evaluator": evaluator.name,
        "split": split,
        "images": evaluator.images(split),
        "bn_images": evaluator.bn_images,
        "classes": evaluator.matching,
        "params": int(cost.params[0]),
        "macs": int(cost.macs[0]),
        **score._asdict(),
        **(known := {name: one.score(row) for name, one in indicators.items()}),
    }
    if as_json:
        print(json.dumps(facts))
        return
    print(facts["arch"])
    print(f"  {facts['macs'] / 1e6:,.1f} million MACs, {facts['params'] / 1e6:,.2f} million parameters")
    print(scores_in_words(score, split, facts["images"], evaluator.matching))
    for name, value in known.items():
        print(f"  {name} {value:.6g}")
    said = "these images themselves" if evaluator.batch_statistics else f"{evaluator.bn_images:,} training images"
    print(f"  batch-norm statistics of {said}; recipe {evaluator.recipe.name}")


def extract(
    out: Annotated[Path, typer.Option(metavar="FILE.safetensors", help="Where to write the network.")],
    run: options.Run = None,
    weights: options.Weights = None,
    arch: options.Arch = None,
    data: options.Data = None,
    held_out: options.HeldOut = None,
    resolution: options.Resolution = None,
    bn_images: options.BnImages = None,
    device: options.Device = None,
    classes: options.Classes = None,
) -> None:
    """Write one architecture as a network of its own, with batch-norm statistics of its own."""
    check_writable(out)
    source = options.one_source(run, weights)
    with locked(out, "name another file with --out", file=True):
        evaluator = open_evaluator(
            source,
            Evaluation(
                data=data,
                held_out=held_out,
                resolution=resolution,
                bn_images=bn_images,
                device=device,
                classes=classes,
            ),
        )
        row = row_of(evaluator.supernet.space, options.arch_or_found(arch, source), resolution)
        print(write_net(evaluator, row, out, source))


def write_net(evaluator: AccuracyEvaluator, row: Batch, out: Path, source: str) -> str:
    """Write an architecture as a network of its own, with what must be known to validate it; return that in words."""
    assert isinstance(evaluator, RecalibratedAccuracy)
    net, data = evaluator.network(row), evaluator.data
    if net.class_names is None and len(data.classes) == evaluator.supernet.classes:
        net.class_names = data.classes
    notes = {
        "source": source,
        "weights": evaluator.weights,
        "data": data.name,
        "split": list(data.split),
        "mean": list(data.mean),
        "std": list(data.std),
        "image_size": evaluator.settings.image_size,
        "bn_images": evaluator.bn_images,
    }
    save(net, out, notes)
    said = f"{net.arch}\n  written to {out}; weaknas validate {out} --data IMAGES scores it"
    return f"{said}\n  {note}" if (note := in_words(evaluator.matching)) else said


def check_split(split: str) -> None:
    """Refuse a split that scores are not taken on.

    Raises:
        InvalidOption: it is not `held-out` or `val`.
    """
    if split not in ("held-out", "val"):
        raise InvalidOption(f"--split is held-out or val, not {split!r}.")


def scores_in_words(score: Score, split: str, images: int, matching: str) -> str:
    """Return accuracies and loss for people, and how classes were matched where that needs to be known."""
    said = f"  {split}, {images:,} images: top-1 {score.top1:.3f} %, top-5 {score.top5:.3f} %, loss {score.loss:.4f}"
    return f"{said}\n  {note}" if (note := in_words(matching)) else said
