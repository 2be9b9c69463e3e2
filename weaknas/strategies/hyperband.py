"""Hyperband: many architectures trained a little, few of them in full."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_whole
from ..contracts import Ask
from ..spaces import Batch, Space
from .rungs import Rungs

__all__ = ["Hyperband"]


@dataclass
class _Bracket:
    """One successive halving: the architectures that compete at its present rung, by identity."""

    rung: int
    members: list[int]


class Hyperband(Rungs):
    """Hyperband (Li et al., JMLR 2018) over the schedules that a benchmark offers.

    A bracket starts with random architectures at one rung of fidelity; the best 1/`eta` of them go on to the next
    rung, until `survivors` are trained in full (successive halving, Jamieson & Talwalkar, AISTATS 2016). Brackets
    start at the lowest rung, then at the next, and so on, again and again; `brackets=1` is successive halving.

    Differences from the paper: the rungs are the benchmark's own, not powers of `eta`; sizes follow from the number
    of survivors, not from a budget a bracket; when the scores of a rung are late, another bracket starts.

    Args:
        space: the architectures to choose from.
        fidelities: epochs of the schedules, the full one last; a benchmark's are `benchmark.fidelities`.
        eta: one in `eta` goes on.
        survivors: architectures that a bracket trains in full.
        brackets: from how many rungs brackets start, counted from the lowest; None for all.
        seed: seed of all random choices.

    Raises:
        InvalidOption: an option outside its range.
    """

    name = "hyperband"

    def __init__(
        self,
        space: Space,
        fidelities: Sequence[int],
        *,
        eta: int = 3,
        survivors: int = 1,
        brackets: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(space, fidelities, seed)
        check_whole("eta", eta, 2)
        check_whole("survivors", survivors, 1)
        check_whole("brackets", len(self.fidelities) if brackets is None else brackets, 1)
        self.eta = eta
        self.survivors = survivors
        self.brackets = brackets
        self._brackets: list[_Bracket] = []
        self._started = 0

    @property
    def wants(self) -> int:
        """All that waits at one rung; the size of a new bracket where nothing waits."""
        for bracket in self._brackets:
            if waiting := self._waiting(bracket):
                return len(waiting)
        return self._size(self._next_rung())

    def ask(self, n: int | None = None) -> Ask:
        """Return architectures that wait at one rung, those of the oldest bracket first."""
        n = self.wants if n is None else n
        waiting = next((b for b in self._brackets if self._waiting(b)), None) or (self._start() if n else None)
        if waiting is None:
            return Ask(self._memory.batch[:0])
        return self._at(self._waiting(waiting)[:n], waiting.rung)

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Learn scores at one fidelity; a rung whose scores are all there sends its best on.

        Raises:
            InvalidOption: a fidelity that the strategy does not use.
        """
        super().tell(batch, scores, fidelity)
        for bracket in self._brackets:
            self._promote(bracket)

    def _promote(self, bracket: _Bracket) -> None:
        """Send the best members on once all of a rung are told; a failed one does not go on."""
        while bracket.members and all((member, bracket.rung) in self._told for member in bracket.members):
            scores = [self._told[member, bracket.rung] for member in bracket.members]
            good = [m for m, score in zip(bracket.members, scores, strict=True) if np.isfinite(score)]
            good.sort(key=lambda member: -self._told[member, bracket.rung])
            bracket.members = [] if bracket.rung == self._top else good[: max(1, len(scores) // self.eta)]
            bracket.rung += 1

    def _start(self) -> _Bracket:
        """Start a bracket of new architectures; where there are none, of those that were not asked for in full."""
        rung = self._next_rung()
        self._started += 1
        members = self._fresh(self._size(rung))
        if not members:
            rung, members = self._top, [member for member in self._rows if (member, self._top) not in self._asked]
        self._brackets = [bracket for bracket in self._brackets if bracket.members]
        self._brackets.append(_Bracket(rung, members))
        return self._brackets[-1]

    def _waiting(self, bracket: _Bracket) -> list[int]:
        return [member for member in bracket.members if (member, bracket.rung) not in self._asked]

    def _next_rung(self) -> int:
        return self._started % min(self.brackets or len(self.fidelities), len(self.fidelities))

    def _size(self, rung: int) -> int:
        return int(self.survivors * self.eta ** (self._top - rung))
