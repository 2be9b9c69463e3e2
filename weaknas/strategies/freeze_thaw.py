"""Freezing and thawing: an architecture trains on while its learning curve may still lead to the best."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import check_number, check_whole
from ..contracts import Ask
from ..spaces import Batch, Space
from .rungs import Rungs

__all__ = ["FreezeThaw"]

_LEAST = 3  # curves that a regression is fitted to


class FreezeThaw(Rungs):
    """Stop training what is unlikely to become the best, by the extrapolation of its learning curve.

    Random architectures train from one of the benchmark's fidelities to the next. After each, a Bayesian linear
    regression from the scores so far to the final one, fitted to all architectures that were trained in full, gives
    the probability that the architecture ends above the best; below `stop_below` it is frozen, and a new one starts.
    With each new final score the probabilities are others, and what is likely enough then is thawed, the likeliest
    first. The first `initial` architectures are trained in full: without them there is nothing to extrapolate from.

    It is our form of an idea of Swersky, Snoek and Adams (2014), who extrapolate by a Gaussian process and choose by
    an acquisition, and of Domhan, Springenberg and Hutter (IJCAI 2015), who stop by the same threshold but extrapolate
    each curve by itself, by an ensemble of parametric forms. Ours learns from the curves of the others, and so needs
    only the few fidelities that tables have.

    Where a benchmark is `resumable`, going on costs only the rest of the training; elsewhere each fidelity is a
    training of its own, and is paid for as one.

    Args:
        space: the architectures to choose from.
        fidelities: epochs of the schedules that a benchmark offers, the full one last; `benchmark.fidelities`.
        stop_below: the probability of becoming the best below which training stops.
        initial: architectures that are trained in full at the start.
        seed: seed of all random choices.

    Raises:
        InvalidOption: an option outside its range.
    """

    name = "freeze-thaw"

    def __init__(
        self, space: Space, fidelities: Sequence[int], *, stop_below: float = 0.05, initial: int = 10, seed: int = 0
    ) -> None:
        super().__init__(space, fidelities, seed)
        check_number("stop_below", stop_below, "a probability from 0 to 1", 0, 1)
        check_whole("initial", initial, _LEAST)
        self.stop_below = stop_below
        self.initial = initial
        self._models: dict[int, Any] = {}  # by rung, fitted to what was trained in full by now

    def ask(self, n: int | None = None) -> Ask:
        """Return architectures that train on to one fidelity, or new ones at the lowest."""
        n = self.wants if n is None else n
        waiting = self._waiting()
        going_on = [one for one in waiting if one[0] >= self.stop_below]
        fresh = [] if going_on else self._fresh(n)
        if fresh or not n:
            return self._at(fresh, 0)
        if chosen := going_on or waiting:  # where the space has no new ones, what was frozen
            _, rung, _ = chosen[0]
            return self._at([member for _, at, member in chosen if at == rung][:n], rung + 1)
        left = [member for member in self._rows if (member, self._top) not in self._asked]  # that failed on the way
        return self._at(left[:n], self._top)

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Learn scores at one fidelity; a final one makes new extrapolations of all curves.

        Raises:
            InvalidOption: a fidelity that the strategy does not use.
        """
        super().tell(batch, scores, fidelity)
        if self._rung(fidelity) == self._top:
            self._models = {}

    def _waiting(self) -> list[tuple[float, int, int]]:
        """Return what could train on: the probability that it becomes the best, its rung and who it is; likely first.

        While too few are trained in full, or are about to be, all are as good, and the nearest to the end come first.
        """
        final = {member: score for (member, rung), score in self._told.items() if rung == self._top}
        in_full = [member for member, rung in self._asked if rung == self._top and np.isfinite(final.get(member, 0.0))]
        enough = sum(self._has_curve(member, self._top - 1) for member in in_full) >= self.initial
        found = []
        for rung in range(self._top):
            members = [
                member
                for member, at in self._told
                if at == rung and (member, rung + 1) not in self._asked and self._has_curve(member, rung)
            ]
            chances = self._chances(members, rung, final) if enough else np.ones(len(members))
            found += [(chance, rung, member) for chance, member in zip(chances.tolist(), members, strict=True)]
        return sorted(found, key=lambda one: (-one[0], -one[1]))

    def _chances(self, members: Sequence[int], rung: int, final: dict[int, float]) -> NDArray[np.float64]:
        """Return the `(n,)` probabilities that architectures at a rung end above the best; 0 where none is known."""
        from scipy.stats import norm

        good = [member for member in final if np.isfinite(final[member])]
        known = [member for member in good if self._has_curve(member, rung)]
        if not members or len(known) < _LEAST:
            return np.zeros(len(members))
        if rung not in self._models:
            curves = [self._curve(member, rung) for member in known]
            self._models[rung] = _fitted(curves, [final[member] for member in known])
        mean, std = self._models[rung].predict([self._curve(member, rung) for member in members], return_std=True)
        chances: NDArray[np.float64] = norm.sf((max(final[member] for member in good) - mean) / std)
        return chances

    def _curve(self, member: int, rung: int) -> list[float]:
        """Return the scores of an architecture up to a rung, NaN where one is missing."""
        return [self._told.get((member, at), np.nan) for at in range(rung + 1)]

    def _has_curve(self, member: int, rung: int) -> bool:
        """Return whether an architecture succeeded at all fidelities up to a rung."""
        return bool(np.isfinite(self._curve(member, rung)).all())


def _fitted(curves: list[list[float]], final: list[float]) -> Any:
    """Return a regression from the scores of curves to their final ones, whose predictions have deviations."""
    from sklearn.linear_model import BayesianRidge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), BayesianRidge()).fit(curves, final)
