"""One architecture alone."""

from dataclasses import dataclass
from typing import ClassVar

from ...errors import InvalidOption
from ...spaces import NetworkSpace
from ..selection import Path
from .base import Scheme, rates
from .step import Step

__all__ = ["Single"]


@dataclass
class Single(Scheme):
    """Train one architecture on the labels: fine-tune what a search has found, or train it from nothing.

    Args:
        arch: its text, or the name of a published one.
        dropout: before the classifier.
        drop_connect: see `Path`.
    """

    arch: str = ""
    dropout: float = 0.0
    drop_connect: float = 0.0

    name: ClassVar[str] = "single"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Find the architecture.

        Raises:
            InvalidOption: none is named.
            InvalidArchitecture: it is not in the space.
        """
        rates(self, "dropout", "drop_connect")
        if not self.arch:
            raise InvalidOption("the scheme 'single' trains one architecture; name it (arch=TEXT).")
        (self._row,) = space.from_str([space.published.get(self.arch, self.arch)])

    def step(self, step: Step) -> None:
        """Train it."""
        step.backward("loss", step.hard(step.logits(Path(self._row, self.dropout, self.drop_connect))))
