"""What an Optuna study searches, as rows of numbers: drawing, moving, and features for a predictor."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from ...spaces import ENUMERABLE, Floats

__all__ = ["Domain", "Points", "isin"]

Points = NDArray[np.float64]  # (n, d)

_STEPS = (0.01, 0.03, 0.1, 0.3)  # deviations of a mutation, as shares of a parameter's range


class Domain:
    """The parameters that a study's trials have had, in the order of their names.

    A row holds one number for each: a category's index, or the value itself; NaN where the parameter is not part of a
    trial, as happens in a space with conditions. Numbers are drawn and moved on their own scale, linear or
    logarithmic.

    Args:
        distributions: by name, what Optuna samples from.
        conditional: the parameters that not every trial has.

    Attributes:
        size: how many different rows there are, infinite where a parameter is a number without a step.
    """

    def __init__(self, distributions: Mapping[str, BaseDistribution], conditional: Iterable[str] = ()) -> None:
        self.names = sorted(distributions)
        kinds = [distributions[name] for name in self.names]
        self.kinds = kinds
        self.conditional = np.isin(self.names, list(conditional))
        self.categories = np.array([_categories(kind) for kind in kinds])
        self._numeric = self.categories == 0
        numbers = [kind if isinstance(kind, FloatDistribution | IntDistribution) else _UNIT for kind in kinds]
        self._low = np.array([kind.low for kind in numbers], dtype=np.float64)
        self._high = np.array([kind.high for kind in numbers], dtype=np.float64)
        self._step = np.array([kind.step or 0 for kind in numbers], dtype=np.float64)
        self._log = np.array([kind.log for kind in numbers])
        # Half a step more on either side, so that the first and the last value are as likely as the others.
        self._ends = self._scaled(np.stack([self._low - self._step / 2, self._high + self._step / 2]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Domain) and self._identity == other._identity

    __hash__ = None  # type: ignore[assignment]

    @property
    def _identity(self) -> tuple[Any, ...]:
        return self.names, self.kinds, self.conditional.tolist()

    @cached_property
    def size(self) -> float:
        """The number of different rows."""
        if (self._numeric & (self._step == 0) & (self._low < self._high)).any():
            return np.inf
        return float(np.prod(self._levels.astype(np.float64)))

    @cached_property
    def _levels(self) -> NDArray[np.int64]:
        """The number of values of each parameter, 1 for a number without a step."""
        steps = np.where(self._step > 0, self._step, np.inf)
        return np.where(self._numeric, np.round((self._high - self._low) / steps) + 1, self.categories).astype(int)

    @cached_property
    def grid(self) -> Points | None:
        """All rows; None where there are more than a million, or conditions between the parameters."""
        if self.size > ENUMERABLE or self.conditional.any():
            return None
        levels = np.indices(tuple(self._levels)).reshape(len(self.names), -1).T
        return self._settled(np.where(self._numeric, self._low + levels * self._step, levels))

    @cached_property
    def grid_features(self) -> Floats:
        """The features of all rows."""
        assert self.grid is not None
        return self.encode(self.grid)

    def unseen(self, seen: Points) -> NDArray[np.intp]:
        """Return the indices in the grid of rows that are not among `seen`; all of them where all are."""
        assert self.grid is not None
        steps = np.where(self._step > 0, self._step, 1)
        complete = seen[~np.isnan(seen).any(axis=1)]
        levels = np.where(self._numeric, np.round((complete - self._low) / steps), complete).astype(int)
        levels = levels[((levels >= 0) & (levels < self._levels)).all(axis=1)]
        new = np.ones(len(self.grid), dtype=bool)
        new[np.ravel_multi_index(tuple(levels.T), tuple(self._levels))] = False
        return np.flatnonzero(new) if new.any() else np.arange(len(self.grid))

    def masked(self, rows: Points, known: Points) -> Points:
        """Return complete rows as they would be had they been tried, without what their conditions exclude.

        Which parameters a trial has is learned from the `known` ones, by a decision tree on those that all have.
        """
        if not self.conditional.any():
            return rows
        from sklearn.tree import DecisionTreeClassifier

        always = ~self.conditional
        patterns, which = np.unique(np.isnan(known), axis=0, return_inverse=True)
        if not always.any():
            return np.where(patterns[np.bincount(which).argmax()], np.nan, rows)
        tree = DecisionTreeClassifier(random_state=0).fit(known[:, always], which)
        return np.where(patterns[tree.predict(rows[:, always])], np.nan, rows)

    # -- to and from parameters -----------------------------------------------------------------------

    def rows(self, trials: Iterable[Mapping[str, Any]]) -> Points:
        """Return the `(n, d)` rows of parameters by name, NaN for those that are missing."""
        return np.array([[self._number(params, i) for i in range(len(self.names))] for params in trials]).reshape(
            -1, len(self.names)
        )

    def rows_of_numbers(self, trials: Iterable[Mapping[str, float]]) -> Points:
        """Return the `(n, d)` rows of Optuna's numbers by name, NaN for those that are missing."""
        return np.array([[numbers.get(name, np.nan) for name in self.names] for numbers in trials]).reshape(
            -1, len(self.names)
        )

    def within(self, rows: Points, others: Points) -> NDArray[np.bool_]:
        """Return `(n,)` which rows have nothing that others have not: their categories, and numbers between theirs."""
        inside = np.full(len(rows), len(others) > 0)
        for column, theirs, numeric in zip(rows.T, others.T, self._numeric.tolist(), strict=True):
            known = theirs[~np.isnan(theirs)]
            if numeric:
                same = (column >= known.min(initial=np.inf)) & (column <= known.max(initial=-np.inf))
            else:
                same = np.isin(column, known)
            inside &= same | (np.isnan(column) & (len(known) < len(theirs)))
        return inside

    def _number(self, params: Mapping[str, Any], at: int) -> float:
        name, kind = self.names[at], self.kinds[at]
        return float(kind.to_internal_repr(params[name])) if name in params else np.nan

    def params(self, row: Points) -> dict[str, Any]:
        """Return the parameters of a complete row, a batch of one, by name."""
        return {
            name: kind.to_external_repr(value)
            for name, kind, value in zip(self.names, self.kinds, row[0].tolist(), strict=True)
        }

    # -- drawing and moving ---------------------------------------------------------------------------

    def sample(self, n: int, rng: np.random.Generator) -> Points:
        """Return `n` complete rows, every parameter uniform on its scale."""
        low, high = self._ends
        numbers = self._unscaled(low + (high - low) * rng.random((n, len(self.names))))
        categories = (rng.random((n, len(self.names))) * self.categories).astype(int)
        return self._settled(np.where(self._numeric, numbers, categories))

    def mutate(self, rows: Points, rng: np.random.Generator) -> Points:
        """Return each row with one parameter, and each other with a chance of 1 in d, moved; what is missing is drawn.

        A category becomes any; a number moves by a normal step whose size is drawn for each row.
        """
        n, d = rows.shape
        drawn = self.sample(n, rng)
        rows = np.where(np.isnan(rows), drawn, rows)
        moves = rng.random((n, d)) < 1 / d
        moves[np.arange(n), rng.integers(0, d, n)] = True
        low, high = self._ends
        step = rng.choice(_STEPS, n)[:, None] * (high - low) * rng.standard_normal((n, d))
        span = np.where(high > low, high - low, 1)
        beyond = (self._scaled(rows) + step - low) / span % 2  # reflected at the ends, where clipped ones would gather
        moved = self._settled(self._unscaled(low + span * np.where(beyond > 1, 2 - beyond, beyond)))
        return np.where(moves, np.where(self._numeric, moved, drawn), rows)

    def _settled(self, rows: Points) -> Points:
        """Bring numbers to their steps and within their bounds."""
        steps = np.where(self._step > 0, self._step, 1)
        stepped = self._low + np.round((rows - self._low) / steps) * steps
        return np.where(self._numeric, np.clip(np.where(self._step > 0, stepped, rows), self._low, self._high), rows)

    def _scaled(self, rows: Points) -> Points:
        return np.where(self._log, np.log(np.where(self._log, rows, 1)), rows)

    def _unscaled(self, rows: Points) -> Points:
        return np.where(self._log, np.exp(np.where(self._log, rows, 0)), rows)

    # -- features -------------------------------------------------------------------------------------

    def encode(self, rows: Points) -> Floats:
        """Return `(n, f)` features: numbers from 0 to 1 on their scale, a column per category.

        A single column for two categories. A conditional parameter has one more, whether it is there; its others say
        the middle, or no category, where it is not.
        """
        low, high = self._ends
        share = (self._scaled(rows) - low) / np.where(high > low, high - low, 1)
        columns = []
        for i, categories in enumerate(self.categories.tolist()):
            there = ~np.isnan(rows[:, i])
            if categories == 0:
                columns.append(np.where(there, share[:, i], 0.5)[:, None])
            else:
                columns.append(rows[:, i, None] == np.arange(1 if categories == 2 else 0, categories))
            if self.conditional[i]:
                columns.append(there[:, None])
        return np.concatenate(columns, axis=1).astype(np.float32)


_UNIT = FloatDistribution(0, 1)  # stands in for the bounds of a category


def _categories(kind: BaseDistribution) -> int:
    return len(kind.choices) if isinstance(kind, CategoricalDistribution) else 0


def isin(rows: Points, others: Points) -> NDArray[np.bool_]:
    """Return `(n,)` whether each row is among others."""
    known = {row.tobytes() for row in others}
    return np.array([row.tobytes() in known for row in rows], dtype=bool)
