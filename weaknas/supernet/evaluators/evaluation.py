"""What is evaluated, on what, and by which evaluator: the options that commands and the benchmark share."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

from ...doors import SPACES, unknown
from ...errors import InvalidOption
from ...proxies import PROXIES
from ..data import Images
from ..loading import Opened, open_both, open_supernet
from ..supernet import Supernet
from .accuracy import RecalibratedAccuracy, Settings
from .base import AccuracyEvaluator, Indicator
from .bn_indicator import BnIndicator
from .frozen_head import FrozenHead
from .linear_probe import LinearProbe
from .measuring import Precision
from .stand_alone import StandAlone
from .zero_cost import ZeroCost

__all__ = [
    "EVALUATORS",
    "INDICATORS",
    "Evaluation",
    "make_evaluator",
    "make_indicators",
    "open_evaluator",
    "open_indicator",
]

EVALUATORS: dict[str, Callable[..., AccuracyEvaluator]] = {
    RecalibratedAccuracy.name: RecalibratedAccuracy,
    FrozenHead.name: FrozenHead,
    LinearProbe.name: LinearProbe,
    StandAlone.name: StandAlone,
}
"""Those of accuracies, by name: from supernet, images, settings and options of their own."""

_OF_WEIGHTS: dict[str, Callable[[Supernet], Indicator]] = {
    "bn-last": BnIndicator,
    "bn-all": partial(BnIndicator, scope="all"),
}
_OF_IMAGES: dict[str, Callable[[Supernet, Images], Indicator]] = {
    name: partial(ZeroCost, proxy=name) for name in PROXIES
}
INDICATORS = (*_OF_WEIGHTS, *_OF_IMAGES)
"""The names of indicators."""


@dataclass(frozen=True)
class Evaluation:
    """How the architectures of a run, or of weights, are evaluated.

    Args:
        data: the images; those of the run by default.
        held_out: how much of the training images is held out; as the run did by default, else 10,000 images.
        resolution: see `open_released`.
        bn_images: training images for recalibration; by default as the space's authors do.
        batch_statistics: in place of recalibration and all images, one batch of so many; see `Settings`.
        batch: images in a batch of evaluation.
        device: where to compute; a GPU if there is one.
        precision: `float32`, or `bfloat16` for convolutions and products.
        classes: a file with the names of the network's classes, one a line in the order of its outputs, for weights
            that do not name them.
        space: `file.py:Class` of a space that is of no package.
        evaluator: one of `EVALUATORS`; for a search one of `INDICATORS` as well.
        evaluator_options: its options.
    """

    data: Path | str | None = None
    held_out: float | None = None
    resolution: int | None = None
    bn_images: int | None = None
    batch_statistics: int | None = None
    batch: int = 500
    device: str | None = None
    precision: Precision = "float32"
    classes: Path | str | None = None
    space: str | None = None
    evaluator: str = RecalibratedAccuracy.name
    evaluator_options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Any], what: str) -> "Evaluation":
        """Return an evaluation with options by name.

        Args:
            options: the options.
            what: whose they are, in words.

        Raises:
            InvalidOption: there is no such option.
        """
        takes = [option.name for option in fields(cls)]
        if wrong := sorted(options.keys() - set(takes)):
            raise InvalidOption(f"{what} has no option {wrong[0]!r}; it takes {', '.join(takes)}.")
        return cls(**options)


def open_evaluator(source: Path | str, evaluation: Evaluation | None = None) -> AccuracyEvaluator:
    """Return the evaluator of a run, or of weights and images.

    Args:
        source: as for `open_supernet`.
        evaluation: on what, and how; as the run says by default.

    Raises:
        NotFound: there is nothing at one of the places, or no such evaluator.
        InvalidCheckpoint: the weights, or the description of the run, are damaged.
        InvalidImages: the images are damaged.
        InvalidOption: no images are named, an option cannot be used, or the images are of other classes.
    """
    wanted = evaluation or Evaluation()
    return make_evaluator(_open(source, wanted), wanted)


def _open(source: Path | str, evaluation: Evaluation) -> Opened:
    """Return what an evaluation is of: a supernet and images."""
    _find_space(evaluation)
    return open_both(
        source,
        data=evaluation.data,
        held_out=evaluation.held_out,
        resolution=evaluation.resolution,
        classes=evaluation.classes,
    )


def open_indicator(source: Path | str, evaluation: Evaluation) -> Indicator:
    """Return the indicator that an evaluation names, of a run or of weights; images only where it is of images.

    Raises:
        NotFound: there is nothing at the place, or no such indicator.
        InvalidCheckpoint: the weights are damaged.
        InvalidOption: options of an evaluator, which an indicator has none of; or no images are named.
    """
    name = evaluation.evaluator
    if wrong := sorted(evaluation.evaluator_options):
        raise InvalidOption(f"the indicator {name!r} has no option {wrong[0]!r}; it has none.")
    if name in _OF_IMAGES:
        opened = _open(source, evaluation)
        return _OF_IMAGES[name](opened.supernet, opened.images)
    _find_space(evaluation)
    return _OF_WEIGHTS[name](open_supernet(source, evaluation.resolution))


def _find_space(evaluation: Evaluation) -> None:
    """Make a space that is of no package known by its name."""
    if evaluation.space is not None:
        SPACES.load(evaluation.space)


def make_evaluator(opened: Opened, evaluation: Evaluation) -> AccuracyEvaluator:
    """Return what scores the architectures of an open supernet on open images.

    Raises:
        NotFound: there is no such evaluator.
        InvalidOption: an option cannot be used, or the images are of other classes.
    """
    name, options = evaluation.evaluator, evaluation.evaluator_options
    if name in INDICATORS:
        raise InvalidOption(
            f"{name} is an indicator and no accuracy; have it as a column beside one (--indicator), or search by it "
            f"(weaknas search supernet:RUN --option benchmark.evaluator={name})."
        )
    if name not in EVALUATORS:
        raise unknown("evaluator", name, EVALUATORS)
    takes = list(signature(EVALUATORS[name]).parameters)[3:]
    if wrong := sorted(options.keys() - set(takes)):
        has = f"takes {', '.join(takes)}" if takes else "has none"
        raise InvalidOption(f"the evaluator {name!r} has no option {wrong[0]!r}; it {has}.")
    settings = Settings(
        image_size=opened.image_size,
        bn_images=evaluation.bn_images,
        batch_statistics=evaluation.batch_statistics,
        batch=evaluation.batch,
        device=evaluation.device,
        precision=evaluation.precision,
        imagenet=opened.released,
    )
    return EVALUATORS[name](opened.supernet, opened.images, settings, **options)


def make_indicators(names: Iterable[str], supernet: Supernet, images: Images) -> dict[str, Indicator]:
    """Return indicators by the names of their columns in tables.

    Args:
        names: some of `INDICATORS`.
        supernet: the weights.
        images: of which zero-cost proxies see some for training; they are read at the first score.

    Raises:
        NotFound: there is no indicator of a name.
    """
    made = {}
    for name in names:
        if name not in INDICATORS:
            raise unknown("indicator", name, INDICATORS)
        made[f"zc_{name.replace('-', '_')}"] = (
            _OF_WEIGHTS[name](supernet) if name in _OF_WEIGHTS else _OF_IMAGES[name](supernet, images)
        )
    return made
