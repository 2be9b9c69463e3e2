"""A step of training as a scheme sees it."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import PluginError
from ..selection import Selection
from ..supernet import Supernet

__all__ = ["Step", "distillation"]


@dataclass
class Step:
    """One step of training. Gradients of all its losses add up; what is trained changes once, at its end.

    Attributes:
        number: its place in the run, from 0.
        supernet: the supernet, in training mode.
        views: the batch as often as the scheme wants it, each time augmented anew: `(n, 3, h, w)` normalised images.
        labels: `(n,)` class numbers.
        rng: random numbers, a function of the run's seed and the step's number alone, alike on all processes.
        batch: images of the step, of all processes together.
        smoothing: label smoothing of the loss against labels.
        precision: the context in which networks run.
        mean: from a tensor to its mean over all processes.
        gather: from `(n, ...)` numbers of this process to those of all processes, in their order, without gradients.
        taken: names that its losses and logs must not have.
        losses: the losses so far, by name; those of one name are averaged.
        logs: what was logged so far, likewise.
    """

    number: int
    supernet: Supernet
    views: tuple[Tensor, ...]
    labels: Tensor
    rng: np.random.Generator
    batch: int
    smoothing: float
    precision: Callable[[], AbstractContextManager[Any]]
    mean: Callable[[Tensor], Tensor]
    taken: Collection[str] = ()
    losses: dict[str, list[Tensor]] = field(default_factory=dict)
    logs: dict[str, list[Tensor | float]] = field(default_factory=dict)
    gather: Callable[[Tensor], Tensor] = Tensor.detach

    @property
    def images(self) -> Tensor:
        """The first view."""
        return self.views[0]

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

    def backward(self, name: str, loss: Tensor, weight: float = 1.0) -> None:
        """Add the gradients of a loss, and forget its graph: many paths need the memory of one.

        A path with nothing to train, since all its weights are frozen, adds no gradients.

        Args:
            name: of the loss in the metrics.
            loss: a scalar.
            weight: what its gradients are multiplied by, and the metrics are not.

        Raises:
            PluginError: a log, or a loss of the other kind of step, has the name.
        """
        self._refuse_taken(name, self.logs)
        if loss.requires_grad:
            (loss if weight == 1 else weight * loss).backward()
        self.losses.setdefault(name, []).append(loss.detach())

    def log(self, name: str, value: Tensor | float) -> None:
        """Note a number, such as an entropy; its mean over some steps becomes a column of the metrics.

        A tensor stays on its device until then, so that nothing waits for it.

        Raises:
            PluginError: a loss has the name, or a column that every run has.
        """
        self._refuse_taken(name, self.losses)
        self.logs.setdefault(name, []).append(value.detach() if isinstance(value, Tensor) else value)

    def _refuse_taken(self, name: str, others: Collection[str]) -> None:
        if name in self.taken or name in others:
            raise PluginError(f"the metrics have a column {name!r} already; the scheme must name its own another way.")


def distillation(logits: Tensor, teacher: Tensor) -> Tensor:
    """Return the divergence (Kullback-Leibler) of predictions from a teacher's, through which no gradient flows."""
    target = F.log_softmax(teacher.detach(), 1)
    return F.kl_div(F.log_softmax(logits, 1), target, reduction="batchmean", log_target=True)
