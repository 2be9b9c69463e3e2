"""Freezing and thawing: an architecture trains on while its learning curve may still lead to the best."""

from collections.abc import Container, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import check_number, check_whole
from ..contracts import Ask, Scores
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
        self._curves: dict[int, list[float]] = {}  # scores at each rung, by identity; NaN where there is none
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
        rung = self._rung(fidelity)
        for member in self._memory.identify(batch).tolist():
            curve = self._curves.setdefault(member, [np.nan] * len(self.fidelities))
            curve[rung] = self._told[member, rung]
        if rung == self._top:
            self._models = {}

    def _waiting(self) -> list[tuple[float, int, int]]:
        """Return what could train on: the probability that it becomes the best, its rung and who it is; likely first.

        While too few are trained in full, or are about to be, all are as good, and the nearest to the end come first.
        """
        members = list(self._curves)
        curves = np.array(list(self._curves.values())).reshape(-1, len(self.fidelities))
        known = np.logical_and.accumulate(np.isfinite(curves), axis=1)  # up to each rung
        asked, told = self._marked(members, self._asked), self._marked(members, self._told)
        failed = told[:, -1] & ~np.isfinite(curves[:, -1])
        enough = (asked[:, -1] & known[:, -2] & ~failed).sum() >= self.initial
        found = []
        for rung in range(self._top):
            waiting = np.flatnonzero(known[:, rung] & ~asked[:, rung + 1])
            chances = self._chances(curves, known, waiting, rung) if enough else np.ones(len(waiting))
            found += [(chance, rung, members[i]) for chance, i in zip(chances.tolist(), waiting.tolist(), strict=True)]
        return sorted(found, key=lambda one: (-one[0], -one[1]))

    def _marked(self, members: Sequence[int], where: Container[tuple[int, int]]) -> NDArray[np.bool_]:
        """Return `(m, rungs)` which architectures, at which rungs, are in a collection."""
        rungs = range(len(self.fidelities))
        return np.array([[(member, rung) in where for rung in rungs] for member in members], bool).reshape(
            -1, len(rungs)
        )

    def _chances(
        self, curves: Scores, known: NDArray[np.bool_], waiting: NDArray[np.intp], rung: int
    ) -> NDArray[np.float64]:
        """Return the `(n,)` probabilities that architectures end above the best; 0 where too little is known.

        Args:
            curves: `(m, rungs)` scores, NaN where there is none.
            known: `(m, rungs)` which of them there are, with all before.
            waiting: the `(n,)` rows of those that wait at a rung.
            rung: that rung.
        """
        from scipy.stats import norm

        whole, final = curves[known[:, -1]], curves[:, -1]
        if not len(waiting) or len(whole) < _LEAST:
            return np.zeros(len(waiting))
        if rung not in self._models:
            self._models[rung] = _fitted(whole[:, : rung + 1], whole[:, -1])
        mean, std = self._models[rung].predict(curves[waiting, : rung + 1], return_std=True)
        chances: NDArray[np.float64] = norm.sf((final[np.isfinite(final)].max() - mean) / std)
        return chances


def _fitted(curves: Scores, final: Scores) -> Any:
    """Return a regression from the scores of curves to their final ones, whose predictions have deviations."""
    from sklearn.linear_model import BayesianRidge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), BayesianRidge()).fit(curves, final)
