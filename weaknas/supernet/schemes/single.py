"""One architecture alone."""

import os.path
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from ...errors import InvalidCheckpoint, InvalidOption
from ...spaces import NetworkSpace
from ..selection import Path
from ..supernet import Supernet
from .base import Scheme, rates
from .step import Step, distillation
from .teacher import Teacher, open_teacher

__all__ = ["Single"]


@dataclass
class Single(Scheme):
    """Train one architecture on the labels: fine-tune what a search has found, or train it from nothing.

    With a teacher it learns from that network's predictions as well; the loss is the cross-entropy plus `distil` times
    the divergence (Kullback-Leibler) of its predictions from the teacher's. FP-NAS (Yan et al., CVPR 2021) trains its
    large networks by "simple distillation"; this form of it is our own.

    Args:
        arch: its text, or the name of a published one.
        dropout: before the classifier.
        drop_connect: see `Path`.
        teacher: a file of a network, or of a supernet, or a supernet's run; of supernets the largest network teaches.
            A relative path is made absolute, so that a run goes on from any directory.
        distil: weight of the teacher's predictions beside the labels.
    """

    arch: str = ""
    dropout: float = 0.0
    drop_connect: float = 0.0
    teacher: str | None = None
    distil: float = 1.0

    name: ClassVar[str] = "single"

    def __post_init__(self) -> None:
        """Make the path of the teacher absolute."""
        if isinstance(self.teacher, str):
            self.teacher = os.path.abspath(self.teacher)

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Find the architecture.

        Raises:
            InvalidOption: none is named, or an option cannot be used.
            InvalidArchitecture: it is not in the space.
        """
        rates(self, "dropout", "drop_connect")
        if not isinstance(self.distil, int | float) or not 0 <= self.distil < inf:
            raise InvalidOption(f"distil of single is a weight of at least 0, not {self.distil!r}.")
        if not (self.teacher is None or isinstance(self.teacher, str)):
            raise InvalidOption(f"teacher of single is a path, not {self.teacher!r}.")
        if not self.arch:
            raise InvalidOption("the scheme 'single' trains one architecture; name it (arch=TEXT).")
        (self._row,) = space.from_str([space.published.get(self.arch, self.arch)])

    def attach(self, supernet: Supernet) -> None:
        """Open the teacher.

        Raises:
            WeaknasError: there is none, or it cannot teach these classes; see `open_teacher`.
        """
        self._teacher: Teacher | None = None if self.teacher is None else open_teacher(self.teacher, supernet)

    def step(self, step: Step) -> None:
        """Train it."""
        logits = step.logits(Path(self._row, self.dropout, self.drop_connect))
        loss = step.hard(logits)
        if self._teacher is not None:
            divergence = distillation(logits, self._teacher.logits(step))
            step.log("divergence", divergence)
            loss = loss + self.distil * divergence
        step.backward("loss", loss)

    def state(self) -> dict[str, Any]:
        """Return the digest of the teacher."""
        return {} if self._teacher is None else {"teacher": self._teacher.digest}

    def restore(self, state: Mapping[str, Any], supernet: Supernet) -> None:
        """Go on with the same teacher alone.

        Raises:
            InvalidCheckpoint: it is another one.
        """
        if state != self.state():
            raise InvalidCheckpoint(f"it learned from another teacher than {self.teacher} is now")
