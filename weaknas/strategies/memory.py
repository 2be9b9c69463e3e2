"""What a strategy remembers: which architectures it has seen, and how they scored."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidOption
from ..spaces import Batch, Rows, Space, as_rows

__all__ = ["Memory"]

_T = TypeVar("_T", bound=np.generic)
_TRIES = 100


class Memory:
    """The architectures asked for and told, over one space.

    A space that is small enough is written out: then `rows` is not None and an architecture's identity is its
    row number; elsewhere it is its key.

    Args:
        space: the space.
        objectives: how many scores an architecture has.

    Attributes:
        rows: the space written out, None for one that is too large.
        space: `rows`, or the space where it is too large.
    """

    def __init__(self, space: Space, objectives: int = 1) -> None:
        self.rows: Rows | None = as_rows(space)
        self.space = self.rows or space
        self._shape = (objectives,) if objectives > 1 else ()
        self._batches: list[Batch] = [space.as_batch(np.zeros((0, len(space.options)), dtype=int))]
        self._scores: list[NDArray[np.float64]] = [np.zeros((0, *self._shape))]
        self._ids: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        self._seen: set[int] = set()
        self._suggested = self._batches[0]

    def __len__(self) -> int:
        """How many architectures were asked for or told."""
        return len(self._seen)

    @property
    def batch(self) -> Batch:
        """The `(n, d)` architectures told with a finite score, in the order of telling."""
        return _joined(self._batches)

    @property
    def scores(self) -> NDArray[np.float64]:
        """Their `(n,)` scores, `(n, k)` for k objectives."""
        return _joined(self._scores)

    @property
    def ids(self) -> NDArray[np.int64]:
        """Their `(n,)` identities."""
        return _joined(self._ids)

    def identify(self, batch: Batch) -> NDArray[np.int64]:
        """Return the `(n,)` identities of architectures."""
        if self.rows is not None:
            return self.rows.index(batch)
        return self.space.key(self.space.validate(batch)).view(np.int64)

    def is_new(self, ids: NDArray[np.int64] | None) -> NDArray[np.bool_]:
        """Return `(n,)` whether each identity (None: each row of the space) was neither asked for nor told."""
        if ids is None:
            new = np.ones(self.space.size, dtype=bool)
            new[self.seen] = False
            return new
        return np.fromiter((i not in self._seen for i in ids.tolist()), dtype=bool, count=len(ids))

    @property
    def seen(self) -> NDArray[np.int64]:
        """The identities asked for or told, in no particular order."""
        return np.fromiter(self._seen, dtype=np.int64, count=len(self._seen))

    def mark(self, batch: Batch) -> Batch:
        """Remember that these were asked for, and return them."""
        self._seen.update(self.identify(batch).tolist())
        return batch

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> NDArray[np.bool_]:
        """Remember scores; failed evaluations (NaN, or infinite) count as seen and are not kept.

        Returns:
            `(n,)` which of them are kept.

        Raises:
            InvalidOption: not one score (one for each objective) for each architecture, or not at full fidelity.
        """
        if fidelity is not None:
            raise InvalidOption(
                f"scores of fidelity {fidelity} cannot be compared with full ones; open the benchmark at that "
                "fidelity to search on it, or use a strategy with fidelities."
            )
        ids = self.identify(batch)
        values = np.asarray(scores, dtype=np.float64)
        if values.shape != (len(ids), *self._shape):
            one = f"{self._shape[0]} scores" if self._shape else "one score"
            raise InvalidOption(f"tell needs {one} for each of {len(ids)} architectures, not {values.shape}.")
        self._seen.update(ids.tolist())
        kept = np.asarray(np.isfinite(values.reshape(len(ids), int(np.prod(self._shape)))).all(axis=1))
        self._batches.append(self.space.as_batch(batch)[kept])
        self._scores.append(values[kept])
        self._ids.append(ids[kept])
        return kept

    def state_dict(self) -> dict[str, Any]:
        """Return what is remembered, without the space."""
        told = {"batch": self.batch, "scores": self.scores, "ids": self.ids}
        return told | {"seen": sorted(self._seen), "suggested": self._suggested}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Remember what a `state_dict` holds, and nothing else."""
        self._batches, self._scores, self._ids = [state["batch"]], [state["scores"]], [state["ids"]]
        self._seen = set(state["seen"])
        self._suggested = state["suggested"]

    def suggest(self, batch: Batch) -> None:
        """Have `fresh` return these first, in this order, but for those that are seen by then."""
        self._suggested = self.space.as_batch(batch)

    def fresh(self, n: int, rng: np.random.Generator) -> Batch:
        """Return up to `n` new architectures, and mark them: those suggested, then ones drawn without replacement."""
        if not len(self._suggested):
            return self.mark(self.candidates(n, rng))
        left = self._suggested[self.is_new(self.identify(self._suggested))]
        first, self._suggested = self.mark(left[:n]), left[n:]
        return np.concatenate([first, self.mark(self.candidates(n - len(first), rng))])

    def candidates(self, n: int, rng: np.random.Generator) -> Batch:
        """Return up to `n` different new architectures drawn uniformly; fewer only where there are no more."""
        if self.rows is not None and 2 * (len(self._seen) + n) > self.rows.size:
            left = np.setdiff1d(np.arange(self.rows.size), self.seen)
            chosen: Batch = self.rows.rows[rng.choice(left, min(n, len(left)), replace=False)]
            return chosen
        found: dict[int, Batch] = {}
        for _ in range(_TRIES):
            missing = n - len(found)
            if missing <= 0:
                break
            drawn = self.space.sample(missing, rng)
            ids = self.identify(drawn)
            new = self.is_new(ids)
            for i, row in zip(ids[new].tolist(), drawn[new], strict=True):
                found.setdefault(i, row)
        return np.stack(list(found.values())) if found else self.batch[:0]


def _joined(parts: list[NDArray[_T]]) -> NDArray[_T]:
    """Return the parts as one array, and leave them joined: each element is copied once per reading at most."""
    if len(parts) > 1:
        parts[:] = [np.concatenate(parts)]
    return parts[0]
