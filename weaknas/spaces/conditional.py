"""Spaces in which a choice may be without meaning, given the others: the kernel of a block that is not there."""

from abc import abstractmethod
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArchitecture
from .arrays import Batch, Floats, Keys, hash_columns, unique_rows
from .choice import Choice
from .space import Space

__all__ = ["Conditional"]


class Conditional(Space):
    """A space that says in `matters` which choices have a meaning.

    `canonical` sets the others to their first option, and every method looks through them, so that two names of one
    network are one architecture.
    """

    merges_isomorphs = True

    @abstractmethod
    def matters(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n, d)` which choices have a meaning in each row."""

    def canonical(self, batch: Batch) -> Batch:
        """Return the rows with choices without meaning set to 0."""
        rows: Batch = batch * self.matters(batch)
        return rows

    def key(self, batch: Batch) -> Keys:
        """Return `(n,)` hashes that two names of one network share."""
        return hash_columns(self.canonical(self.as_batch(batch)))

    def _draw(self, n: int, rng: np.random.Generator) -> Batch:
        return self.canonical(super()._draw(n, rng))

    def _step(self, batch: Batch, rng: np.random.Generator) -> Batch:
        if self.size == 1:
            raise InvalidArchitecture(f"{self.name} is a single architecture, which has no neighbours.")
        return self.canonical(super()._step(batch, rng))

    def _settle(self, batch: Batch) -> Batch:
        return self.canonical(batch)

    def neighbors(self, arch: Batch) -> Batch:
        """Return all networks that one changed option makes of `arch` (a batch of one)."""
        rows = self.canonical(super().neighbors(self.canonical(arch)))
        return unique_rows(rows, self.key(rows))

    def _meant_onehot(self, batch: Batch, argument: str = "") -> Floats:
        return self._columns(batch, self.choices)

    def _columns(self, batch: Batch, choices: Iterable[Choice]) -> Floats:
        """One column an option, all zero for a choice without meaning; none for a choice with one option."""
        matters = self.matters(batch)
        parts = [
            (batch[:, [column]] == np.arange(len(choice.options))) & matters[:, [column]]
            for column, choice in enumerate(self.choices)
            if choice in choices and len(choice.options) > 1
        ]
        return np.concatenate(parts, axis=1).astype(np.float32) if parts else np.zeros((len(batch), 0), np.float32)
