"""What was learned before: a mean that a search begins with, and overrules as far as its own scores disagree."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import scoring
from ..contracts import Past, Scores
from ..spaces import Batch, Floats, Rows, Space
from ..spaces.arrays import blocks, unique_rows
from .members import Member

__all__ = ["PriorMean", "Residual", "best_of", "gaussian_ranks", "suggested"]

_FITTED = 1000  # evaluations of a source that its model learns from, half of them the best
_DRAWN = 20_000  # architectures of a space too large to write out, of which the best are suggested
_SHARE = 0.2  # of the first architectures, which are the sources' best; the others tell how far to trust them
_WEIGHT = 3.0  # how many evaluations the trust in the sources counts for
_CHANCE = 2.0  # what n r² exceeds by chance in one of six cases
_TINY = 1e-12


def suggested(initial: int) -> int:
    """Return how many of the first architectures are the sources' best."""
    return int(np.ceil(_SHARE * initial))


def gaussian_ranks(values: Scores) -> Scores:
    """Return `(n,)` values as the normal quantiles of their ranks, equal ones alike: (r - 1/2) / n."""
    from scipy.special import ndtri

    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    quantiles: Scores = ndtri((np.cumsum(counts) - counts / 2)[inverse] / len(values))
    return quantiles


class PriorMean:
    """What several sources tell of the architectures of a space, each on the scale of its own Gaussian ranks.

    What a source has evaluated is looked up where the space is written out; what it has not, a predictor tells that
    was fitted to it.

    Args:
        space: the architectures.
        past: the sources.
        member: the kind of predictor, and its features; those of the whole space where the features are of the rows.
        seed: of the predictors.
    """

    def __init__(self, space: Space, past: Sequence[Past], member: Member, seed: int) -> None:
        self.space = space
        self._past = past
        self._member = member
        self._rng = np.random.default_rng(seed)
        whole = space.whole
        known = whole.has_encoding(member.encoding)
        self._encoding = member.encoding if known else scoring.encoding_of(member.predictor, whole)
        self._models: list[tuple[Any, NDArray[np.float64]] | None] = [None] * len(past)
        self._columns = self._looked_up(space) if isinstance(space, Rows) else None

    def __len__(self) -> int:
        """How many sources there are."""
        return len(self._past)

    def beside(self, features: Floats, batch: Batch, ids: NDArray[np.int64] | slice) -> Floats:
        """Return `(n, f)` features of architectures, and in k more columns the values that k sources give to them.

        Args:
            features: of the architectures.
            batch: the `(n, d)` architectures.
            ids: their `(n,)` identities, row numbers where the space is written out.
        """
        values = self._values(batch) if self._columns is None else self._columns[ids]
        return np.hstack([features, values.astype(features.dtype)])

    def _values(self, batch: Batch) -> NDArray[np.float64]:
        return np.stack([self._modelled(source, batch) for source in range(len(self))], axis=1)

    def first(self, n: int) -> Batch:
        """Return `n` architectures that the sources put first, each source its own in turn."""
        if self._columns is not None:
            assert isinstance(self.space, Rows)
            batch, values = self.space.rows, self._columns
        else:
            own = np.concatenate([one.batch for one in self._past])
            drawn = np.concatenate([own[self.space.is_valid(own)], self.space.sample(_DRAWN, self._rng)])
            batch = unique_rows(drawn, self.space.key(drawn))
            values = self._values(batch)
        order = np.argsort(-values, axis=0, kind="stable").ravel()
        _, once = np.unique(order, return_index=True)
        return batch[order[np.sort(once)][:n]]

    def _looked_up(self, rows: Rows) -> NDArray[np.float64]:
        """Return the `(size, k)` values of all rows."""
        columns = np.full((rows.size, len(self)), np.nan)
        for source, one in enumerate(self._past):
            index, absent = rows.locate(one.batch)
            columns[index[~absent], source] = gaussian_ranks(one.scores)[~absent]
            unknown = np.flatnonzero(np.isnan(columns[:, source]))
            columns[unknown, source] = self._modelled(source, rows.rows[unknown])
        return columns

    def _modelled(self, source: int, batch: Batch) -> Scores:
        """Return what the model of a source, fitted when it is first asked, gives to architectures."""
        if not len(batch):
            return np.zeros(0)
        model, line = self._models[source] = self._models[source] or self._fitted(self._past[source])
        whole, encoding = self.space.whole, self._encoding
        predicted = [scoring.predict(model, whole.encode(block, encoding)) for block in blocks(batch)]
        return np.asarray(np.polyval(line, np.concatenate(predicted)), dtype=np.float64)

    def _fitted(self, past: Past) -> tuple[Any, NDArray[np.float64]]:
        """Return a predictor of a source's ranks, and the line that takes its predictions to them.

        One that learns to compare has a scale of its own.
        """
        order = np.argsort(-past.scores, kind="stable")
        rest = self._rng.permutation(order[_FITTED // 2 :])
        used = np.concatenate([order[: _FITTED // 2], rest[: _FITTED // 2]])
        model = scoring.fresh(self._member.predictor)
        scoring.seed(model, lambda: int(self._rng.integers(2**31)))
        features, ranks = self.space.whole.encode(past.batch[used], self._encoding), gaussian_ranks(past.scores)[used]
        scoring.fit(model, features, ranks)
        predicted = scoring.predict(model, features)
        same = np.ptp(predicted) < 1e-9 * (1 + np.abs(predicted).max())
        return model, np.array([0.0, ranks.mean()]) if same else np.polyfit(predicted, ranks, 1)


class Residual:
    """A predictor of what the sources do not tell: their values, weighted by agreement, are its mean.

    Its features are those of the predictor, and in the last columns the values of the sources. The Gaussian ranks z
    of n scores are taken to be S w + g(X). The weights w of the k sources minimise

        |z - S w|² + 3 |w - 1/k|²,

    z and S centred: a ridge regression towards trusting all alike, with a trust that counts as much as three
    evaluations. Each is then multiplied by max(0, 1 - 2 / (n r²)), r its source's correlation with z, which is 0 where
    the agreement is one that chance gives (Akaike's criterion would leave the source out). A source that contradicts
    gets a weight below 0, and then tells as much as one that agrees. g is the predictor, fitted to what is left. A
    straight line takes predictions back to scores.

    Args:
        predictor: unfitted.
        sources: how many columns at the end are values of sources.
    """

    def __init__(self, predictor: Any, sources: int) -> None:
        self._predictor = predictor
        self._sources = sources

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f + k)` features and `(n,)` scores."""
        features, values = self._parts(X)
        scores = np.asarray(y, dtype=np.float64)
        ranks = gaussian_ranks(scores)
        sides, target = values - values.mean(axis=0), ranks - ranks.mean()
        trust, even = np.sqrt(_WEIGHT) * np.eye(self._sources), np.full(self._sources, 1 / self._sources)
        ridge, *_ = np.linalg.lstsq(np.concatenate([sides, trust]), np.concatenate([target, trust @ even]))
        agreement = (sides.T @ target) ** 2 / np.maximum((sides**2).sum(axis=0) * (target @ target), _TINY)
        self.weights_ = ridge * np.maximum(0.0, 1 - _CHANCE / np.maximum(len(ranks) * agreement, _TINY))
        self._predictor.fit(features, ranks - values @ self.weights_)
        self.line_ = np.polyfit(ranks, scores, 1) if np.ptp(ranks) else np.array([0.0, scores[0]])
        return self

    @property
    def predict(self) -> Callable[..., Any]:
        """`predict(X)` returns `(m,)` scores; it takes `return_std=True` if the predictor does."""
        # Two functions, because the signature is how others see whether there is an uncertainty.
        return self._predict_with_std if scoring.has_std(self._predictor) else self._predict

    def _predict(self, X: ArrayLike) -> Scores:
        features, values = self._parts(X)
        scores: Scores = np.polyval(self.line_, values @ self.weights_ + self._predictor.predict(features))
        return scores

    def _predict_with_std(self, X: ArrayLike, return_std: bool = False) -> Any:
        if not return_std:
            return self._predict(X)
        features, values = self._parts(X)
        mean, std = self._predictor.predict(features, return_std=True)
        return np.polyval(self.line_, values @ self.weights_ + mean), self.line_[0] * std

    def _parts(self, X: ArrayLike) -> tuple[NDArray[Any], NDArray[np.float64]]:
        both = np.asarray(X)
        return np.ascontiguousarray(both[:, : -self._sources]), both[:, -self._sources :].astype(np.float64)


def best_of(past: Sequence[Past], space: Space, n: int) -> Batch:
    """Return up to `n` architectures of a space that the sources evaluated best, each source its own in turn."""
    ranked = [one.batch[np.argsort(-one.scores, kind="stable")] for one in past]
    ranked = [batch[space.is_valid(batch)][:n] for batch in ranked]
    turns = [batch[turn : turn + 1] for turn in range(n) for batch in ranked]
    found = np.concatenate(turns)
    return unique_rows(found, space.key(found))[:n]
