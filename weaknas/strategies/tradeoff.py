"""What strategies of several objectives share: scores that are told, costs that are free to know, and the front."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..checks import check_whole
from ..contracts import Strategy
from ..errors import InvalidOption
from ..pareto import front
from ..spaces import Batch
from .memory import Memory

__all__ = ["Tradeoff"]


class Tradeoff(Strategy):
    """A strategy that may have several objectives.

    Attributes:
        costs: what is free to know and is to be small, such as `macs`.
        objectives: how many scores are told of an architecture, each to be large.
    """

    costs: Sequence[str] = ()
    _memory: Memory

    def front(self) -> tuple[Batch, NDArray[np.float64]]:
        """Return what no other known architecture beats, and its `(n, k)` scores and costs.

        What has a cost that is missing (NaN) is not among them. They come in the order of the first cost, cheapest
        first; without costs in that of the first score, best first.

        Raises:
            InvalidOption: there is a single objective.
        """
        if self.objectives + len(self.costs) < 2:
            return super().front()
        points = self._points(self._memory.batch, self._memory.scores)
        kept = np.flatnonzero(front(points))
        kept = kept[np.sort(np.unique(self._memory.ids[kept], return_index=True)[1])]  # each once, however often told
        kept = kept[np.argsort(-points[kept, self.objectives if self.costs else 0], kind="stable")]
        signs = np.repeat([1.0, -1.0], [self.objectives, len(self.costs)])
        return self._memory.batch[kept], points[kept] * signs

    def _remember(self, objectives: int) -> None:
        """Set how many scores are told, and begin with nothing known.

        Raises:
            InvalidOption: it is no whole number from 1.
        """
        check_whole("objectives", objectives, 1)
        self.objectives = objectives
        self._memory = Memory(self.space, objectives)

    def _trade(self, costs: Sequence[str], objectives: int) -> None:
        """Set what is traded for what.

        Raises:
            InvalidOption: fewer than two objectives, or a cost that the space does not know.
        """
        names = [costs] if isinstance(costs, str) else costs
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise InvalidOption(f"costs are names of what is to be small, such as macs, not {costs!r}.")
        self.costs = tuple(names)
        self._remember(objectives)
        if objectives + len(self.costs) < 2:
            raise InvalidOption(
                f"{self.name} needs two objectives: name in costs what is to be small, or tell several scores "
                "(objectives=2); for accuracy alone use weaknas or regularized-evolution."
            )
        self._points(self.space.sample(1, np.random.default_rng(0)), np.zeros((1, objectives)))

    def _points(self, batch: Batch, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `(n, k)` the scores and the negated costs: all are to be large."""
        costs = [-self.space.free_to_know(cost, batch) for cost in self.costs]
        return np.column_stack([scores, *costs])
