"""What a scheme is, and a step of training as it sees it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import InvalidOption
from ...spaces import Batch, NetworkSpace
from ..selection import Selection
from ..supernet import Supernet

__all__ = ["Scheme", "Span", "Step", "counts", "distillation", "extremes", "place", "rates"]


@dataclass
class Step:
    """One step of training. Gradients of all its losses add up; the weights change once, at its end.

    Attributes:
        number: its place in the run, from 0.
        supernet: the supernet, in training mode.
        images: `(n, 3, h, w)` augmented and normalised images.
        labels: `(n,)` class numbers.
        rng: random numbers, a function of the run's seed and the step's number alone, alike on all processes.
        smoothing: label smoothing of the loss against labels.
        precision: the context in which networks run.
        mean: from a tensor to its mean over all processes.
        losses: the losses so far, by name; those of one name are averaged.
    """

    number: int
    supernet: Supernet
    images: Tensor
    labels: Tensor
    rng: np.random.Generator
    smoothing: float
    precision: Callable[[], AbstractContextManager[Any]]
    mean: Callable[[Tensor], Tensor]
    losses: dict[str, list[Tensor]] = field(default_factory=dict)

    def logits(self, selection: Selection) -> Tensor:
        """Return `(n, classes)` float32 logits."""
        with self.precision():
            return self.supernet(self.images, selection).float()

    @torch.no_grad()
    def teach(self, teacher: Supernet, selection: Selection) -> Tensor:
        """Return `(n, classes)` float32 logits of another supernet, without gradients."""
        with self.precision():
            return teacher(self.images, selection).float()

    def hard(self, logits: Tensor) -> Tensor:
        """Return the cross-entropy against the labels."""
        return F.cross_entropy(logits, self.labels, label_smoothing=self.smoothing)

    def backward(self, name: str, loss: Tensor) -> None:
        """Add the gradients of a loss, and forget its graph: many paths need the memory of one."""
        loss.backward()
        self.losses.setdefault(name, []).append(loss.detach())


def distillation(logits: Tensor, teacher: Tensor) -> Tensor:
    """Return the divergence (Kullback-Leibler) of predictions from a teacher's, through which no gradient flows."""
    target = F.log_softmax(teacher.detach(), 1)
    return F.kl_div(F.log_softmax(logits, 1), target, reduction="batchmean", log_target=True)


class Span(NamedTuple):
    """A part of a run with a learning-rate schedule of its own.

    Attributes:
        first: the step it begins with.
        last: the step after its end.
        rate: what its learning rates are multiplied by.
    """

    first: int
    last: int
    rate: float = 1.0


class Scheme(ABC):
    """How a supernet is trained; a subclass is a dataclass of options.

    Attributes:
        name: the scheme's name.
        supernet_options: what the supernet takes besides its space.
        recipe: options of the recipe that differ from its defaults.
    """

    name: ClassVar[str]
    supernet_options: ClassVar[Mapping[str, Any]] = {}
    recipe: ClassVar[Mapping[str, Any]] = {}

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:  # noqa: B027 - most need nothing
        """Get ready for a run; called once, before any step, also when the run goes on.

        What is made here must follow from the arguments alone, so that a run goes on as it began and all its processes
        do the same.

        Args:
            space: the architectures.
            steps: how many steps the run has.
            seed: the run's, for whatever is drawn here.
        """

    def span(self, number: int, steps: int) -> Span:
        """Return the part of the run that a step is in."""
        return Span(0, steps)

    def begin(self, number: int, supernet: Supernet) -> bool:
        """Return whether optimiser and averages are to begin anew at a step; the weights may be changed here."""
        return False

    @abstractmethod
    def step(self, step: Step) -> None:
        """Add the gradients of one step."""

    def state(self) -> dict[str, Any]:
        """Return tensors and numbers that a run needs to go on."""
        return {}

    def restore(self, state: Mapping[str, Any], supernet: Supernet) -> None:  # noqa: B027 - most keep nothing
        """Take back what `state` returned."""


def extremes(space: NetworkSpace) -> Batch:
    """Return `(2, d)` the architectures of the fewest and of the most multiply-accumulates.

    From the smallest or largest option everywhere, one choice after the other takes its cheapest or dearest option,
    until none changes.
    """
    return np.concatenate([_extreme(space, sign) for sign in (-1, 1)])


def _extreme(space: NetworkSpace, sign: int) -> Batch:
    row = np.array([[place(choice.options, sign) for choice in space.choices]], dtype=np.int8)
    while True:
        before = row.copy()
        for column, options in enumerate(space.options.tolist()):
            rows = np.repeat(row, options, axis=0)
            rows[:, column] = np.arange(options)
            macs = sign * space.cost(rows).macs
            if macs.max() > macs[row[0, column]]:
                row = rows[[int(macs.argmax())]]
        if (row == before).all():
            canonical: Batch = space.canonical(row)
            return canonical


def place(options: tuple[Any, ...], sign: int) -> int:
    """Return the place of the smallest (`sign` -1) or largest (1) option; 0 where they are no numbers."""
    if not all(isinstance(option, int | float) for option in options):
        return 0
    return max(range(len(options)), key=lambda i: sign * options[i])


def counts(scheme: Scheme, least: int, *names: str) -> None:
    """Refuse options that are not whole numbers of at least `least`.

    Raises:
        InvalidOption: one is not.
    """
    for name in names:
        value = getattr(scheme, name)
        if type(value) is not int or value < least:
            raise InvalidOption(f"{name} of {scheme.name} is a whole number of at least {least}, not {value!r}.")


def rates(scheme: Scheme, *names: str) -> None:
    """Refuse options that are not rates.

    Raises:
        InvalidOption: one is not a number from 0 to below 1.
    """
    for name in names:
        value = getattr(scheme, name)
        if not isinstance(value, int | float) or not 0 <= value < 1:
            raise InvalidOption(f"{name} of {scheme.name} is a rate from 0 to below 1, not {value!r}.")
