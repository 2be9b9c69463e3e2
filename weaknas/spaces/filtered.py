"""The part of a space that satisfies a condition."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArchitecture
from .arrays import Batch
from .base import Space
from .part import Part

__all__ = ["Filtered"]


class Filtered(Part):
    """The architectures of `space` for which `keep` holds: a window of MACs, a fixed depth.

    `sample` draws from the space until enough are kept, so the part should not be tiny: a condition that one in a
    thousand architectures satisfies is the limit. `mutate` and `crossover` likewise redraw until the result is kept.

    Args:
        space: the whole space.
        keep: from a valid `(n, d)` batch to `(n,)` whether each architecture belongs.
        what: the condition in words, for messages, such as `550 to 600 million MACs`.
    """

    def __init__(self, space: Space, keep: Callable[[Batch], NDArray[np.bool_]], what: str) -> None:
        super().__init__(space, f"{space.name} with {what}")
        self.keep = keep
        self.what = f"{space.what} and {what}" if space.what else what

    @property
    def size(self) -> int:
        """The number of rows of the whole space: how many satisfy the condition is not known."""
        return self.base.size

    def is_valid(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n,)` whether each row is in the space and satisfies the condition."""
        valid = self.base.is_valid(batch)
        valid[valid] = self.keep(batch[valid])
        return valid

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `n` rows drawn independently among those that satisfy the condition.

        Raises:
            InvalidArchitecture: none was found in a hundred thousand draws.
        """
        kept = np.zeros((0, len(self.options)), dtype=np.int8)
        drawn = 0
        while len(kept) < n:
            # What is missing, in the proportion kept so far.
            wanted = (n - len(kept)) * max(drawn, 1) // max(len(kept), 1)
            batch = self.base.sample(min(max(64, wanted), 100_000), rng)
            kept = np.concatenate([kept, batch[self.keep(batch)]])
            drawn += len(batch)
            if not len(kept) and drawn > 100_000:
                raise InvalidArchitecture(f"no architecture of {self.name} was found in {drawn:,} draws.")
        return kept[:n]

    def enumerate(self) -> Batch:
        """Return those of the whole space's rows that satisfy the condition."""
        rows = self.base.enumerate()
        kept: Batch = rows[self.is_valid(rows)]
        return kept

    def own(self, batch: Batch) -> Batch:
        """Return rows that satisfy the condition."""
        return self.validate(batch)

    def neighbors(self, arch: Batch) -> Batch:
        """Return the neighbours of `arch` (a batch of one) that satisfy the condition."""
        near = self.base.neighbors(arch)
        kept: Batch = near[self.keep(near)]
        return kept

    def _step(self, batch: Batch, rng: np.random.Generator) -> Batch:
        return self.base._step(batch, rng)

    def _settle(self, batch: Batch) -> Batch:
        return self.base._settle(batch)
