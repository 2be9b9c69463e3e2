"""ASHA: successive halving that never waits for a rung."""

from collections.abc import Sequence

import numpy as np

from ..checks import check_whole
from ..contracts import Ask
from ..spaces import Space
from .rungs import Rungs

__all__ = ["Asha"]


class Asha(Rungs):
    """ASHA, asynchronous successive halving (Li et al., MLSys 2020, algorithm 2), by promotion.

    Whenever an architecture is asked for, one goes on to the next rung that is among the best 1/`eta` of what has been
    told at its own so far, looked for from the top; where there is none, a new random one starts at the lowest rung.
    Nothing waits for the rest of a rung, so any number of workers has work; the price are promotions that are
    regretted when more is known.

    Differences from the paper: the rungs are the benchmark's own, not powers of `eta`; a failed evaluation counts at
    its rung and is never promoted; where the space has no new architecture, the best go on all the same.

    Args:
        space: the architectures to choose from.
        fidelities: epochs of the schedules that a benchmark offers, the full one last; `benchmark.fidelities`.
        eta: one in `eta` goes on.
        seed: seed of all random choices.

    Raises:
        InvalidOption: an option outside its range.
    """

    name = "asha"

    def __init__(self, space: Space, fidelities: Sequence[int], *, eta: int = 3, seed: int = 0) -> None:
        super().__init__(space, fidelities, seed)
        check_whole("eta", eta, 2)
        self.eta = eta

    def ask(self, n: int | None = None) -> Ask:
        """Return architectures that go on to one rung, or new ones at the lowest."""
        n = self.wants if n is None else n
        ranked = [self._ranked(rung) for rung in range(self._top)]
        for rung in reversed(range(self._top)):
            best, count = ranked[rung]
            if n and (members := self._waiting(best[: count // self.eta], rung)):
                return self._at(members[:n], rung + 1)
        if fresh := self._fresh(n):
            return self._at(fresh, 0)
        for rung in reversed(range(self._top)):
            if n and (members := self._waiting(ranked[rung][0], rung)):
                return self._at(members[:n], rung + 1)
        left = [member for member in self._rows if (member, self._top) not in self._asked]  # that failed on the way
        return self._at(left[:n], self._top)

    def _ranked(self, rung: int) -> tuple[list[int], int]:
        """Return what succeeded at a rung, the best first, and how many were told there."""
        told = {member: score for (member, at), score in self._told.items() if at == rung}
        good = [member for member, score in told.items() if np.isfinite(score)]
        return sorted(good, key=lambda member: -told[member]), len(told)

    def _waiting(self, members: Sequence[int], rung: int) -> list[int]:
        """Return those that were not asked for at the next rung."""
        return [member for member in members if (member, rung + 1) not in self._asked]
