"""Hyperband: many architectures trained a little, few of them in full."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_whole
from ..contracts import Ask, Strategy
from ..errors import InvalidOption
from ..spaces import Batch, Space
from .memory import Memory

__all__ = ["Hyperband"]


@dataclass
class _Bracket:
    """One successive halving: the architectures that compete at its present rung, by identity."""

    rung: int
    members: list[int]


class Hyperband(Strategy):
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
        super().__init__(space, seed)
        rungs = list(fidelities) if isinstance(fidelities, Iterable) else []
        integers = all(isinstance(rung, int) for rung in rungs)
        if not integers or len(rungs) < 2 or rungs != sorted(set(rungs)) or rungs[0] < 1:
            raise InvalidOption(f"fidelities are two or more numbers of epochs in rising order, not {fidelities!r}.")
        check_whole("eta", eta, 2)
        check_whole("survivors", survivors, 1)
        check_whole("brackets", len(rungs) if brackets is None else brackets, 1)
        self.fidelities = tuple(rungs)
        self.eta = eta
        self.survivors = survivors
        self.brackets = brackets
        self._memory = Memory(space)
        self._brackets: list[_Bracket] = []
        self._started = 0
        self._rows: dict[int, Batch] = {}
        self._asked: set[tuple[int, int]] = set()  # of identity and rung
        self._told: dict[tuple[int, int], float] = {}

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
        chosen = self._waiting(waiting)[:n]
        self._asked.update((member, waiting.rung) for member in chosen)
        rows = [self._rows[member] for member in chosen]
        return Ask(np.stack(rows) if rows else self._memory.batch[:0], self._epochs(waiting.rung))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Learn scores at one fidelity; a rung whose scores are all there sends its best on.

        Raises:
            InvalidOption: a fidelity that the strategy does not use.
        """
        if fidelity is not None and fidelity not in self.fidelities:
            raise InvalidOption(f"fidelity {fidelity} is none of {', '.join(map(str, self.fidelities))}.")
        rung = len(self.fidelities) - 1 if fidelity is None else self.fidelities.index(fidelity)
        values = np.asarray(scores, dtype=np.float64)
        ids = self._memory.identify(batch).tolist()
        # Memory learns full scores only; at lower rungs it is told of failures, which marks as seen and checks.
        self._memory.tell(batch, values if rung == len(self.fidelities) - 1 else np.full(values.shape, np.nan))
        for member, row, score in zip(ids, self.space.as_batch(batch), values.tolist(), strict=True):
            self._rows[member] = row
            self._asked.add((member, rung))
            self._told[member, rung] = score
        for bracket in self._brackets:
            self._promote(bracket)

    def _promote(self, bracket: _Bracket) -> None:
        """Send the best members on once all of a rung are told; a failed one does not go on."""
        while bracket.members and all((member, bracket.rung) in self._told for member in bracket.members):
            scores = [self._told[member, bracket.rung] for member in bracket.members]
            good = [m for m, score in zip(bracket.members, scores, strict=True) if np.isfinite(score)]
            good.sort(key=lambda member: -self._told[member, bracket.rung])
            last = bracket.rung == len(self.fidelities) - 1
            bracket.members = [] if last else good[: max(1, len(scores) // self.eta)]
            bracket.rung += 1

    def _start(self) -> _Bracket:
        """Start a bracket of new architectures; where there are none, of those that were not asked for in full."""
        full = len(self.fidelities) - 1
        rung = self._next_rung()
        self._started += 1
        rows = self._memory.fresh(self._size(rung), self.rng)
        members = self._memory.identify(rows).tolist()
        self._rows.update(zip(members, rows, strict=True))
        if not members:
            rung, members = full, [member for member in self._rows if (member, full) not in self._asked]
        self._brackets = [bracket for bracket in self._brackets if bracket.members]
        self._brackets.append(_Bracket(rung, members))
        return self._brackets[-1]

    def _waiting(self, bracket: _Bracket) -> list[int]:
        return [member for member in bracket.members if (member, bracket.rung) not in self._asked]

    def _next_rung(self) -> int:
        return self._started % min(self.brackets or len(self.fidelities), len(self.fidelities))

    def _size(self, rung: int) -> int:
        return int(self.survivors * self.eta ** (len(self.fidelities) - 1 - rung))

    def _epochs(self, rung: int) -> int | None:
        return self.fidelities[rung] if rung < len(self.fidelities) - 1 else None
