"""Several objectives by any strategy of one: as many searches as there are ways to weigh them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import doors
from ..checks import check_whole
from ..contracts import Ask, Scores, Strategy
from ..errors import InvalidOption
from ..pareto import front
from ..spaces import Batch, Space
from .tradeoff import Tradeoff

__all__ = ["Scalarized", "named"]

_DEFAULT = "regularized-evolution"
_RHO = 0.05  # of the sum in the augmented Chebyshev function, as in the paper


class Scalarized(Tradeoff):
    """One search of a single objective for each of several weight vectors; they take turns and share what is found.

    A search maximises minus the augmented Chebyshev function of ParEGO (Knowles, IEEE TEC 2006, equation 2),

        max_j w_j f_j + 0.05 sum_j w_j f_j,

    where f_j is how far the objective j is from the best seen, as a share of its range. All searches are told all
    evaluations, each its own value of them.

    Differences from the paper: there, one model is fitted anew to a weight vector drawn at random in each iteration;
    here, each vector has a search of its own, of any kind. The range of an objective is that of the front seen so far,
    not of all values, so that a few failures do not hide the differences that matter. A search is told a value once,
    and ranges change: they are taken anew whenever the number of evaluations has doubled, and then all searches begin
    anew and are told all that is known, in one scale.

    Args:
        inner: the name of a strategy of a single objective, without fidelities.
        space: the architectures to choose from.
        objectives: how many scores are told of an architecture, each to be large: `tell` takes `(n, objectives)`.
        weights: how many different weights an objective has, evenly from 0 to 1: as many searches for two objectives,
            n (n + 1) / 2 for three.
        seed: seed of all random choices.
        **options: of the strategy.

    Raises:
        NotFound: there is no such strategy.
        InvalidOption: an option outside its range or unknown, or a strategy of several objectives or fidelities.
    """

    _constant: ClassVar[Iterable[str]] = ("name", "asynchronous", "_options", "_vectors", "_searches")

    def __init__(
        self, inner: str, space: Space, *, objectives: int = 2, weights: int = 5, seed: int = 0, **options: Any
    ) -> None:
        super().__init__(space, seed)
        check_whole("objectives", objectives, 2)
        check_whole("weights", weights, 2)
        self.inner, self.weights, self._options = inner, weights, options
        self.name = f"scalarized:{inner}"
        self._remember(objectives)
        levels = product(range(weights), repeat=objectives)
        self._vectors = np.array([level for level in levels if sum(level) == weights - 1]) / (weights - 1)
        self._best, self._range = np.zeros(objectives), np.ones(objectives)
        self._renewal = 1  # evaluations after which the range is taken anew
        self._turn = 0
        self._failed = self._memory.batch
        self._pending: dict[int, Batch] = {}  # asked for and not told yet, by identity
        self._searches = [self._search() for _ in self._vectors]
        self.asynchronous = self._searches[0].asynchronous

    def _search(self) -> Strategy:
        made = doors.STRATEGIES.create(self.inner, self.space, seed=int(self.rng.integers(2**31)), **self._options)
        if not isinstance(made, Strategy) or made.objectives != 1 or made.costs or made.fidelities:
            raise InvalidOption(f"scalarized takes a strategy of one objective and no fidelities, not {self.inner}.")
        return made

    @property
    def options(self) -> dict[str, Any]:
        """The options in force, those of the strategy included."""
        return {"objectives": self.objectives, "weights": self.weights, **self._searches[0].options}

    @property
    def predictor_name(self) -> str | None:
        """That of the strategy."""
        return self._searches[0].predictor_name

    @property
    def predictor_params(self) -> Sequence[Mapping[str, Any]]:
        """Those of the strategy."""
        return self._searches[0].predictor_params

    @property
    def wants(self) -> int:
        """What the search wants whose turn it is."""
        return self._searches[self._turn].wants

    def ask(self, n: int | None = None) -> Ask:
        """Return what the searches ask for, one after the other."""
        missing = self.wants if n is None else n
        parts, in_vain = [self._memory.batch[:0]], 0
        while missing and in_vain < len(self._searches):
            search = self._searches[self._turn]
            batch = self._memory.mark(search.ask(min(missing, search.wants)).batch)
            self._turn = (self._turn + 1) % len(self._searches)
            in_vain = 0 if len(batch) else in_vain + 1
            self._wait(batch, [other for other in self._searches if other is not search])
            parts.append(batch)
            missing -= len(batch)
        return Ask(np.concatenate(parts))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Tell every search its value of `(n, objectives)` scores."""
        kept = self._memory.tell(batch, scores, fidelity)
        rows = self.space.as_batch(batch)
        for identity in self._memory.identify(rows).tolist():
            self._pending.pop(identity, None)
        self._failed = np.concatenate([self._failed, rows[~kept]])
        if len(self._memory.scores) >= self._renewal:
            self._renew()
            return
        known = np.where(kept[:, None], np.asarray(scores, dtype=np.float64), np.nan)
        for search, values in zip(self._searches, self._values(known), strict=True):
            search.tell(rows, values)

    def reserve(self, batch: Batch, fidelity: int | None = None) -> None:
        """Have no search ask for what is evaluated elsewhere."""
        super().reserve(batch[:0], fidelity)
        self._wait(self._memory.mark(self.space.as_batch(batch)), self._searches)

    def _wait(self, batch: Batch, searches: Iterable[Strategy]) -> None:
        self._pending.update(zip(self._memory.identify(batch).tolist(), batch, strict=True))
        for search in searches:
            search.reserve(batch)

    def _renew(self) -> None:
        """Take the ranges of what is known, and have new searches begin from all of it."""
        known, batch = self._memory.scores, self._memory.batch
        self._best = known.max(axis=0)
        self._range = np.ones(self.objectives)
        for points in (known, known[front(known)]):  # the front's range, where it has one
            self._range = np.where(np.ptp(points, axis=0) > 0, np.ptp(points, axis=0), self._range)
        self._renewal = 2 * len(known)
        self._searches = [self._search() for _ in self._vectors]
        pending = np.stack(list(self._pending.values())) if self._pending else batch[:0]
        for search, values in zip(self._searches, self._values(known), strict=True):
            search.tell(batch, values)
            search.tell(self._failed, np.full(len(self._failed), np.nan))
            search.reserve(pending)

    def _values(self, scores: Scores) -> NDArray[np.float64]:
        """Return the `(searches, n)` values of `(n, objectives)` scores."""
        weighted = self._vectors[:, None] * ((self._best - scores) / self._range)
        values: NDArray[np.float64] = -(weighted.max(axis=2) + _RHO * weighted.sum(axis=2))
        return values

    def state_dict(self) -> dict[str, Any]:
        """Return all that has been learned and drawn, by the searches too."""
        return super().state_dict() | {"searches": [search.state_dict() for search in self._searches]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state.

        Raises:
            InvalidOption: it is the state of another kind of strategy.
        """
        searches = state.get("searches", [])
        super().load_state_dict({key: value for key, value in state.items() if key != "searches"})
        for search, its in zip(self._searches, searches, strict=True):
            search.load_state_dict(its)


def named(*arguments: Any, objectives: int = 2, **options: Any) -> Scalarized:
    """Return the strategy `scalarized:NAME`, of regularized evolution for `scalarized` alone: `([name], space)`."""
    *inner, space = arguments
    return Scalarized(inner[0] if inner else _DEFAULT, space, objectives=objectives, **options)
