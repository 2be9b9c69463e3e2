"""A finite list of architectures as a space: what a table holds, or a small space written out."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidArchitecture, InvalidOption
from .arrays import Batch, Floats, Index, Numbers, blocks
from .base import ENUMERABLE
from .batches import within
from .encodes import Encoder
from .free_numbers import FreeNumbers
from .lookup import Lookup
from .matrices import Matrices
from .nearest import nearest
from .space import OptionSubset, Part, Space

__all__ = ["Rows", "as_rows"]

_MUTATIONS = 20
_SPARSE = 1_000_000
_NEAREST = 10


class Rows(Part):
    """The architectures of `space` that stand in `rows`, and no others.

    `sample` and `enumerate` give exactly these rows. `index` and `is_valid` know them by any of their names where
    isomorphic rows are one architecture. `mutate`, `neighbors` and `crossover` edit as the underlying space does;
    where edits lead outside, one of the ten nearest rows by Hamming distance is taken instead, whatever its key.

    Args:
        space: the space the rows belong to.
        rows: `(n, d)` distinct rows.
        free: what is free to know of the rows: by name, a function that returns `(n,)` numbers. Together they are
            the encoding `features` (`features:macs,zc_naswot` for some of them).

    Raises:
        InvalidArchitecture: `rows` is empty, holds one twice, or one that is not in the space.
    """

    def __init__(self, space: Space, rows: Batch, free: Mapping[str, Callable[[], Numbers]] | None = None) -> None:
        super().__init__(space)
        self.free = dict(free or {})
        self._numbers = FreeNumbers(self.free, self.name)
        self.rows = np.array(space.validate(rows), order="C")
        self.rows.flags.writeable = False
        self._matrices = Matrices(self, self.rows, self._compute, self._digest_of_numbers)
        if not len(self.rows):
            raise InvalidArchitecture(f"a list of architectures of {space.name} needs at least one.")
        self._codes = Lookup(space.code(self.rows))
        if self._codes.repeated is not None:
            (text,) = space.to_str(self.rows[[self._codes.repeated]])
            raise InvalidArchitecture(f"the architecture {text} is listed twice.")

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.rows)

    @property
    def encoders(self) -> Mapping[str, Encoder]:
        """The encodings of the underlying space, and `features` where something is free to know."""
        return {**self.base.encoders, **({"features": self._features} if self.free else {})}

    def restrict(self, keep: Callable[[Batch], NDArray[np.bool_]], what: str) -> "Rows":
        """Return the rows for which `keep` holds.

        Raises:
            InvalidArchitecture: it holds for none.
        """
        kept = np.flatnonzero(np.concatenate([keep(block) for block in blocks(self.rows)]))
        if not len(kept):
            raise InvalidArchitecture(f"none of the {self.size:,} architectures of {self.name} satisfies {what}.")
        part = self.take(kept)
        part.what = f"{self.what} and {what}" if self.what else what
        return part

    def narrow(self, allowed: Mapping[str, Sequence[Any]]) -> "Rows":
        """Return the rows whose options are among those allowed; see `Space.narrow`.

        Raises:
            InvalidArchitecture: there is none.
        """
        part = OptionSubset(self.base, allowed)
        return self.restrict(part.keep, part.what)

    def free_to_know(self, name: str, batch: Batch) -> Numbers:
        """Return `(n,)` what is free to know of listed architectures; NaN where one number is missing."""
        if name in self.free:
            return self._numbers[name][self.index(batch)]
        if self.free:
            raise InvalidOption(f"{self.name} does not know {name!r}; it knows {', '.join(self.free)}.")
        return self.base.free_to_know(name, batch)

    def take(self, index: Index) -> "Rows":
        """Return the rows of the given numbers as a space of their own, with what is free to know of them."""
        parts = {name: partial(lambda name: self._numbers[name][index], name) for name in self.free}
        return Rows(self.base, self.rows[index], parts)

    # -- which row is which ---------------------------------------------------------------------------

    def index(self, batch: ArrayLike) -> Index:
        """Return the `(n,)` row numbers of a batch.

        Raises:
            InvalidArchitecture: an architecture is not among the rows; the message names it.
        """
        found, missing = self.locate(batch)
        if missing.any():
            row, rows = int(np.argmax(missing)), self.as_batch(batch)
            raise InvalidArchitecture(
                f"row {row} of the batch, {rows[row].tolist()}, is not among the {self.size:,} "
                f"architectures of {self.name} that are listed here; a row holds {self.layout}."
            )
        return found

    def is_valid(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n,)` whether each row is listed, or a row that is one architecture with a listed one."""
        valid = within(batch, self._limits)
        valid[valid] = ~self.locate(batch[valid])[1]
        return valid

    def own(self, batch: Batch) -> Batch:
        """Return the listed rows."""
        return self.rows[self.index(batch)]

    def locate(self, batch: ArrayLike) -> tuple[Index, NDArray[np.bool_]]:
        """Return `(n,)` row numbers, and which architectures are not listed (their numbers mean nothing).

        An isomorphic row is found by its key where isomorphic rows are one architecture.
        """
        rows = self.as_batch(batch)
        found, missing = self._codes.find(self.base.code(rows))
        if self.merges_isomorphs and missing.any():
            lost = np.flatnonzero(missing)
            lost = lost[self.base.is_valid(rows[lost])]
            found[lost], missing[lost] = self._keys.find(self.base.key(rows[lost]))
        return found, missing

    @cached_property
    def _keys(self) -> Lookup:
        return Lookup(np.concatenate([self.base.key(block) for block in blocks(self.rows)]))

    # -- drawing and moving ---------------------------------------------------------------------------

    def enumerate(self) -> Batch:
        """Return the rows."""
        return self.rows

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `n` rows drawn independently and uniformly; rows may repeat."""
        return self.rows[rng.integers(0, self.size, n)]

    def mutate(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """Return each row one edit away; where edits keep leading outside, one of the ten nearest rows."""
        self._needs_two()
        numbers = self.index(batch)
        batch = self.rows[numbers]
        result = batch.copy()
        missing = np.arange(len(batch))
        # Where one row in a million is listed, edits lead outside for all practical purposes. (One in 1,200 is of
        # NAS-Bench-101, which has a single row of each cell, and every edit leads to a cell that it has.)
        for _ in range(_MUTATIONS if _SPARSE * self.size > self.base.size else 0):
            edited = self.base.mutate(batch[missing], rng)
            found, absent = self.locate(edited)
            result[missing[~absent]] = self.rows[found[~absent]]
            missing = missing[absent]
            if not len(missing):
                return result
        result[missing] = self.rows[self._near(batch[missing], rng, numbers[missing])]
        return result

    def neighbors(self, arch: Batch) -> Batch:
        """Return the listed rows one edit away, or the ten nearest ones where there are none."""
        self._needs_two()
        (number,) = self.index(arch)
        found, absent = self.locate(self.base.neighbors(self.rows[[number]]))
        if absent.all():
            count = min(_NEAREST, self.size - 1)
            near: Batch = self.rows[nearest(self.rows, self.rows[[number]], count, np.array([number]))[0]]
            return near
        return self.rows[np.unique(found[~absent])]

    def crossover(self, first: Batch, second: Batch, rng: np.random.Generator) -> Batch:
        """Return children of two parents; for one that is not listed, one of the ten rows nearest to it."""
        children = self.base.crossover(first, second, rng)
        found, absent = self.locate(children)
        found[absent] = self._near(children[absent], rng)
        return self.rows[found]

    def _near(self, batch: Batch, rng: np.random.Generator, itself: Index | None = None) -> Index:
        """Return for each row the number of one of the ten nearest, without its own number where it is listed."""
        count = min(_NEAREST, self.size - 1)
        chosen = rng.integers(0, max(count, 1), len(batch))  # also where there is nothing to choose
        # Few parents have many mutants: each row is looked up once.
        _, first, back = np.unique(self.base.code(batch), return_index=True, return_inverse=True)
        near = nearest(self.rows, batch[first], count, None if itself is None else itself[first])
        numbers: Index = near[back, chosen]
        return numbers

    def _needs_two(self) -> None:
        if self.size < 2:
            raise InvalidArchitecture(f"{self.name} has a single architecture here, which has no neighbours.")

    # -- features and text ----------------------------------------------------------------------------

    def encoded(self, kind: str) -> Floats:
        """Return the `(size, f)` features of all rows, read-only.

        They are memory-mapped from the cache on disk, or stay in memory where they cannot be kept there.
        """
        return self._matrices[kind]

    def _digest_of_numbers(self) -> bytes:
        return self._numbers.digest(self.base._digest_of_numbers() if isinstance(self.base, Rows) else b"")

    def _compute(self, batch: Batch, kind: str) -> Floats:
        """Encode without the cached matrix of this very kind."""
        name, _, argument = kind.partition(":")
        return self.encode(batch, kind) if "+" in kind else super()._encode_part(batch, name, argument)

    def _encode_part(self, batch: Batch, name: str, argument: str) -> Floats:
        """As any space; what was learned is read from the cache, so that a process need not learn it again."""
        if name in self.encoders or not self.has_encoding(name):
            return super()._encode_part(batch, name, argument)
        return self.encoded(f"{name}:{argument}" if argument else name)[self.index(batch)]

    def _features(self, batch: Batch, argument: str = "", /) -> Floats:
        return self._numbers.features(argument)[self.index(batch)]


def as_rows(space: Space) -> Rows | None:
    """Return the space written out if it is small enough to be scored whole, else None.

    Raises:
        InvalidArchitecture: it is empty.
    """
    if isinstance(space, Rows):
        return space
    if space.size > ENUMERABLE:
        return None
    rows = space.enumerate()
    rows = rows[space.is_valid(rows)]
    if not len(rows):
        raise InvalidArchitecture(f"there is no architecture of {space.name}; loosen the constraint.")
    return Rows(space, rows)
