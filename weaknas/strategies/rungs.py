"""What strategies of several fidelities share: rungs, and what was asked for and told at each."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..contracts import Ask, Strategy
from ..errors import InvalidOption
from ..spaces import Batch, Space
from .memory import Memory

__all__ = ["Rungs"]


class Rungs(Strategy):
    """A strategy that trains many architectures a little, and few of them in full.

    Args:
        space: the architectures to choose from.
        fidelities: epochs of the schedules, the full one last.
        seed: seed of all random choices.

    Attributes:
        fidelities: the same, one a rung, the lowest first.

    Raises:
        InvalidOption: fidelities that are not two or more, in rising order.
    """

    def __init__(self, space: Space, fidelities: Sequence[int], seed: int) -> None:
        super().__init__(space, seed)
        rungs = list(fidelities) if isinstance(fidelities, Iterable) else []
        integers = all(isinstance(rung, int) for rung in rungs)
        if not integers or len(rungs) < 2 or rungs != sorted(set(rungs)) or rungs[0] < 1:
            raise InvalidOption(f"fidelities are two or more numbers of epochs in rising order, not {fidelities!r}.")
        self.fidelities = tuple(rungs)
        self._memory = Memory(space)
        self._rows: dict[int, Batch] = {}  # architectures by identity
        self._asked: set[tuple[int, int]] = set()  # of identity and rung
        self._told: dict[tuple[int, int], float] = {}

    @property
    def _top(self) -> int:
        return len(self.fidelities) - 1

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Remember scores at one fidelity.

        Raises:
            InvalidOption: a fidelity that the strategy does not use.
        """
        rung = self._rung(fidelity)
        values = np.asarray(scores, dtype=np.float64)
        ids = self._memory.identify(batch).tolist()
        # Memory learns full scores only; at lower rungs it is told of failures, which marks as seen and checks.
        self._memory.tell(batch, values if rung == self._top else np.full(values.shape, np.nan))
        for member, row, score in zip(ids, self.space.as_batch(batch), values.tolist(), strict=True):
            self._rows[member] = row
            self._asked.add((member, rung))
            self._told[member, rung] = score

    def reserve(self, batch: Batch, fidelity: int | None = None) -> None:
        """Count architectures as asked for at a fidelity: a rung waits for their scores, and takes none for failed."""
        rung = self._rung(fidelity)
        ids = self._memory.identify(self._memory.mark(batch)).tolist()
        self._rows.update(zip(ids, self.space.as_batch(batch), strict=True))
        self._asked.update((member, rung) for member in ids)

    def _rung(self, fidelity: int | None) -> int:
        if fidelity is not None and fidelity not in self.fidelities:
            raise InvalidOption(f"fidelity {fidelity} is none of {', '.join(map(str, self.fidelities))}.")
        return self._top if fidelity is None else self.fidelities.index(fidelity)

    def _fresh(self, n: int) -> list[int]:
        """Return up to `n` new architectures, drawn uniformly."""
        rows = self._memory.fresh(n, self.rng)
        members: list[int] = self._memory.identify(rows).tolist()
        self._rows.update(zip(members, rows, strict=True))
        return members

    def _at(self, members: Sequence[int], rung: int) -> Ask:
        """Ask for architectures at a rung."""
        self._asked.update((member, rung) for member in members)
        rows = [self._rows[member] for member in members]
        batch = np.stack(rows) if rows else self._memory.batch[:0]
        return Ask(batch, self.fidelities[rung] if rung < self._top else None)
