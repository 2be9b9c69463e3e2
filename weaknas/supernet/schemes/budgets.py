"""Drawing architectures of a wanted cost."""

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidOption
from ...spaces import Batch, NetworkSpace

__all__ = ["Budgets"]

_DRAWN = 20_000
_TRIES = 100


class Budgets:
    """Architectures by their multiply-accumulates, drawn from an empirical table (AttentiveNAS, section 4).

    Random architectures are sorted into bins of equal width. Within a bin, every choice is drawn independently with
    the frequencies that its options have there, and what falls out of the bin is drawn again.

    Args:
        space: the architectures.
        width: of a bin, in multiply-accumulates; by default a fortieth of what the table spans. AttentiveNAS takes 25
            million on ImageNet.
        uniform: whether all bins are drawn alike, rather than as often as random architectures fall into them.
        seed: of the table.

    Attributes:
        edges: `(bins, 2)` least and largest multiply-accumulates of each bin; the upper bound is outside.
        prior: `(bins,)` probabilities.

    Raises:
        InvalidOption: the width is not positive.
    """

    def __init__(
        self, space: NetworkSpace, width: float | None = None, *, uniform: bool = False, seed: int = 0
    ) -> None:
        if width is not None and not width > 0:
            raise InvalidOption(f"bins of {width!r} multiply-accumulates have no width; give a positive number.")
        self.space = space
        rows = space.sample(_DRAWN, np.random.default_rng(seed))
        macs = space.cost(rows).macs
        self.width = float(width or max(np.ceil(np.ptp(macs) / 40), 1))  # whole, so that edges are exact
        place = np.floor(macs / self.width).astype(np.int64)
        places, counts = np.unique(place, return_counts=True)
        self.edges = np.stack([places, places + 1], axis=1) * self.width
        self.prior = np.full(len(places), 1 / len(places)) if uniform else counts / counts.sum()
        self._rows = [rows[place == one] for one in places]
        self._odds = [self._frequencies(rows) for rows in self._rows]

    def draw(self, rng: np.random.Generator) -> int:
        """Return the number of a bin."""
        return int(rng.choice(len(self.prior), p=self.prior))

    def sample(self, place: int, n: int, rng: np.random.Generator) -> Batch:
        """Return `(n, d)` architectures of a bin."""
        found = self._rows[place][:0]
        for _ in range(_TRIES):
            chances = rng.random((4 * n, len(self.space.options), 1))
            drawn = self.space.canonical((chances >= self._odds[place]).sum(2).astype(np.int8))
            found = np.concatenate([found, drawn[self.bin(drawn) == place]])[:n]
            if len(found) == n:
                return found
        # Too rare by independent choices: those of the table itself are of the bin.
        return np.concatenate([found, rng.choice(self._rows[place], n - len(found))])

    def bin(self, batch: Batch) -> NDArray[np.int64]:
        """Return `(n,)` the numbers of the architectures' bins, -1 where the table has none."""
        macs = self.space.cost(batch).macs
        place = np.searchsorted(self.edges[:, 0], macs, side="right") - 1
        return np.where((place >= 0) & (macs < self.edges[place, 1]), place, -1)

    def _frequencies(self, rows: Batch) -> NDArray[np.float64]:
        """Return `(d, options)` how often at most each option of each choice is taken where the choice matters."""
        matters = self.space.matters(rows)
        counts = np.stack([((rows == option) & matters).sum(0) for option in range(self.space.options.max())], axis=1)
        counts[~matters.any(0), 0] = 1
        return np.cumsum(counts, axis=1) / counts.sum(1, keepdims=True)
