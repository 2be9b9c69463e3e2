"""Random search."""

from numpy.typing import ArrayLike

from ..contracts import Ask
from ..spaces import Batch, Space
from .tradeoff import Tradeoff

__all__ = ["RandomSearch"]


class RandomSearch(Tradeoff):
    """Uniform draws without replacement: the baseline that every other strategy must beat.

    Finding one target among N takes (N + 1) / 2 queries on average.

    Args:
        space: the architectures to choose from.
        objectives: how many scores are told of an architecture.
        seed: seed of the draws.

    Raises:
        InvalidOption: objectives is no whole number from 1.
    """

    name = "random"

    def __init__(self, space: Space, *, objectives: int = 1, seed: int = 0) -> None:
        super().__init__(space, seed)
        self._remember(objectives)

    @property
    def wants(self) -> int:
        """Whole batches: nothing is learned between draws."""
        return 1000

    def ask(self, n: int | None = None) -> Ask:
        """Return new architectures drawn uniformly."""
        return Ask(self._memory.fresh(self.wants if n is None else n, self.rng))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Remember what was evaluated, so as not to draw it again."""
        self._memory.tell(batch, scores, fidelity)
