"""How weights are optimised: the numbers that are the same for every scheme."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import cos, pi
from typing import Any, Literal

import torch
from torch import nn

from ...errors import InvalidOption
from ..schemes import Scheme, Span

__all__ = ["Optimisation", "make_optimisation"]


@dataclass(frozen=True)
class Optimisation:
    """Options of the optimiser, the schedule and the augmentation.

    Args:
        learning_rate: its peak.
        momentum: of SGD after Nesterov.
        weight_decay: of weights; normalisation and biases have none.
        schedule: `cosine` to zero, `linear` to the share `ending` of the peak, or `exponential`.
        decay: what an exponential schedule multiplies the rate by each epoch; by default 0.97 every 2.4 epochs, as in
            BigNAS.
        ending: the share of its peak at which an exponential schedule stays (BigNAS), and a linear one ends.
        warmup: the share of a schedule in which the rate grows from zero to its peak.
        clip: the largest absolute gradient of a weight, larger ones are cut to it (AttentiveNAS); 0 for no limit.
        smoothing: label smoothing.
        ema: how slowly the average of the weights, which is then the one evaluated, follows them, such as 0.999; 0
            for no average.
        augment: `none`, `crop` (shifts and mirrors), `randaugment` besides, or `moco` (parts of the image, changes of
            its colours, grey, blur and mirrors), for learning without labels.
        operations: of RandAugment, in a batch.
        magnitude: of RandAugment, 1 to 29.
        precision: `bfloat16` (autocast), `float32`, or `auto`: bfloat16 on a GPU.
        channels_last: whether images and weights lie in memory channels last, which is the faster order.
    """

    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 4e-5
    schedule: Literal["cosine", "linear", "exponential"] = "cosine"
    decay: float = 0.97 ** (1 / 2.4)
    ending: float = 0.05
    warmup: float = 0.02
    clip: float = 0.0
    smoothing: float = 0.1
    ema: float = 0.0
    augment: Literal["none", "crop", "randaugment", "moco"] = "crop"
    operations: int = 2
    magnitude: int = 9
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    channels_last: bool = True

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InvalidOption: one cannot be used.
        """
        words = {
            "schedule": ("cosine", "linear", "exponential"),
            "augment": ("none", "crop", "randaugment", "moco"),
            "precision": ("auto", "bfloat16", "float32"),
            "channels_last": (True, False),
        }
        for name, known in words.items():
            if getattr(self, name) not in known:
                raise InvalidOption(f"training.{name} is one of {', '.join(map(str, known))}.")
        limits: dict[str, tuple[float, float]] = {"operations": (1, 10), "magnitude": (1, 29)}
        limits |= dict.fromkeys(("momentum", "decay", "ending", "warmup", "smoothing", "ema"), (0.0, 1.0))
        limits |= dict.fromkeys(("learning_rate", "weight_decay", "clip"), (0.0, float("inf")))
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise InvalidOption(f"training.{name} is a number from {least:g} to {most:g}, not {value!r}.")

    def rate(self, number: int, span: Span, steps_per_epoch: float) -> float:
        """Return the learning rate of a step within its part of the run."""
        length, at = span.last - span.first, number - span.first
        warmup = self.warmup * length
        peak = self.learning_rate * span.rate
        if at < warmup:
            return peak * (at + 1) / (warmup + 1)
        gone = (at - warmup) / (length - warmup)
        if self.schedule == "cosine":
            return peak * (1 + cos(pi * gone)) / 2
        if self.schedule == "linear":
            return peak * (1 - (1 - self.ending) * gone)
        return float(peak * max(self.ending, self.decay ** ((at - warmup) / steps_per_epoch)))

    def optimizer(self, parameters: Iterable[nn.Parameter]) -> torch.optim.SGD:
        """Return the optimiser of weights; vectors, those of normalisation and biases, do not decay."""
        parameters = list(parameters)
        groups: list[dict[str, Any]] = [
            {"params": [value for value in parameters if value.ndim > 1], "weight_decay": self.weight_decay},
            {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.SGD(groups, lr=0.0, momentum=self.momentum, nesterov=self.momentum > 0, foreach=True)


def make_optimisation(scheme: Scheme, options: Mapping[str, Any]) -> Optimisation:
    """Return how a scheme optimises weights, with some options changed.

    Raises:
        InvalidOption: there is no such option, or a value cannot be used.
    """
    takes = [option.name for option in fields(Optimisation)]
    if wrong := sorted(options.keys() - set(takes)):
        raise InvalidOption(f"training has no option {wrong[0]!r}; it takes {', '.join(takes)}.")
    return Optimisation(**{**scheme.optimisation, **options})
