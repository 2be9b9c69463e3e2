"""The largest architectures first: what a search without a model and without a memory can do."""

import numpy as np
from numpy.typing import ArrayLike

from ..contracts import Ask, Strategy
from ..errors import InvalidOption
from ..spaces import Batch, Space
from .memory import Memory

__all__ = ["Sorted"]

_USUAL = ("macs", "params")
_DRAWN = 10_000  # of a space that is too large to be written out


class Sorted(Strategy):
    """Architectures in the order of a number that is free to know, the largest first.

    A baseline that learns nothing: a search that is not ahead of it has found out no more than that larger networks
    are better. Of a space that cannot be written out, 10,000 random architectures are sorted, and then others.

    Args:
        space: the architectures to choose from.
        by: what they are sorted by, such as `macs`, `params`, `zc_synflow` or `latency_ms_pixel3`; None for MACs, or
            parameters where the space does not know MACs.
        ascending: whether the smallest come first.
        seed: decides between equals.

    Raises:
        InvalidOption: the space does not know the number.
    """

    name = "sorted"

    def __init__(self, space: Space, *, by: str | None = None, ascending: bool = False, seed: int = 0) -> None:
        super().__init__(space, seed)
        self._memory = Memory(space)
        any_row = space.sample(1, np.random.default_rng(0))
        self.by = by if by is not None else self._known(any_row)
        self.ascending = ascending
        space.free_to_know(self.by, any_row)
        self._waiting = self._memory.batch[:0]

    def _known(self, any_row: Batch) -> str:
        for name in _USUAL:
            try:
                self.space.free_to_know(name, any_row)
            except InvalidOption:
                continue
            return name
        raise InvalidOption(f"{self.space.name} knows neither MACs nor parameters; name what to sort by (by=…).")

    def ask(self, n: int | None = None) -> Ask:
        """Return the next ones in order."""
        n = self.wants if n is None else n
        parts, missing = [self._memory.batch[:0]], n
        while missing:
            if not len(self._waiting):
                self._waiting = self._ordered()
            if not len(self._waiting):
                break
            part, self._waiting = self._waiting[:missing], self._waiting[missing:]
            new = part[self._memory.is_new(self._memory.identify(part))]
            parts.append(self._memory.mark(new))
            missing -= len(new)
        return Ask(np.concatenate(parts))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Remember what was evaluated, so as not to ask for it again."""
        self._memory.tell(batch, scores, fidelity)

    def _ordered(self) -> Batch:
        """Return new architectures in order, those whose number is missing last."""
        rows = self._memory.rows
        found = self._memory.candidates(_DRAWN if rows is None else rows.size, self.rng)
        if not len(found):
            return found
        numbers = self.space.free_to_know(self.by, found)
        numbers = np.where(np.isnan(numbers), np.inf, numbers if self.ascending else -numbers)
        shuffled = self.rng.permutation(len(found))
        ordered: Batch = found[shuffled[np.argsort(numbers[shuffled], kind="stable")]]
        return ordered
