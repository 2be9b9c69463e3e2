"""A finite list of architectures as a space: what a table holds, or a small space written out."""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from ..errors import InvalidArchitecture, InvalidOption, NotFound, WeaknasError
from ..files import write_atomically
from .arrays import Batch, Floats, Index, Keys
from .base import ENUMERABLE, Encoder, Space

__all__ = ["BLOCK", "Rows", "as_rows"]

BLOCK = 32_768
"""Whole spaces are worked on in blocks of this many rows, always the same ones."""

Numbers = NDArray[np.float64]  # (n,)
_VERSION = 5  # of the encodings: a change of any encoder's output changes it, and with it the cached files
_MUTATIONS = 20
_SPARSE = 1_000_000
_NEAREST = 10


class Rows(Space):
    """The architectures of `space` that stand in `rows`, and no others.

    `sample`, `enumerate` and `index` cover exactly these rows. `mutate` and `neighbors` edit as the underlying
    space does; where edits lead outside, one of the ten nearest rows by Hamming distance is taken instead.

    Args:
        space: the space the rows belong to.
        rows: `(n, d)` distinct rows.
        free: what is free to know of the rows: by name, a function that returns `(n,)` numbers. Together they are
            the encoding `features` (`features:macs,zc_naswot` for some of them).

    Raises:
        InvalidArchitecture: `rows` is empty, holds one twice, or one that is not in the space.
    """

    def __init__(self, space: Space, rows: Batch, free: Mapping[str, Callable[[], Numbers]] | None = None) -> None:
        self.base = space
        self.free = dict(free or {})
        self._columns: dict[str, Numbers] = {}
        self.rows = np.ascontiguousarray(rows, dtype=np.int8)
        self.rows.flags.writeable = False
        self.name = space.name
        self.default_encoding = space.default_encoding
        self.merges_isomorphs = space.merges_isomorphs
        codes = space.code(self.rows)
        self._order = np.argsort(codes).astype(np.int32)
        self._sorted = codes[self._order]
        if not len(rows):
            raise InvalidArchitecture(f"a list of architectures of {space.name} needs at least one.")
        twice = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        if len(twice):
            (text,) = space.to_str(self.rows[self._order[twice[:1]]])
            raise InvalidArchitecture(f"the architecture {text} is listed twice.")

    @cached_property
    def options(self) -> NDArray[np.int64]:
        """The options of the underlying space."""
        return self.base.options

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
        kept = np.flatnonzero(np.concatenate([keep(block) for block in self.blocks(self.rows)]))
        if not len(kept):
            raise InvalidArchitecture(f"none of the {self.size:,} architectures of {self.name} satisfies {what}.")
        part = self.take(kept)
        part.what = f"{self.what} and {what}" if self.what else what
        return part

    def free_to_know(self, name: str, batch: Batch) -> Numbers:
        """Return `(n,)` what is free to know of listed architectures; NaN where one number is missing."""
        if name in self.free:
            return self._column(name)[self.index(batch)]
        if self.free:
            raise InvalidOption(f"{self.name} does not know {name!r}; it knows {', '.join(self.free)}.")
        return self.base.free_to_know(name, batch)

    def take(self, index: Index) -> "Rows":
        """Return the rows of the given numbers as a space of their own, with what is free to know of them."""
        parts = {name: functools.partial(lambda name: self._column(name)[index], name) for name in self.free}
        return Rows(self.base, self.rows[index], parts)

    # -- which row is which ---------------------------------------------------------------------------

    def index(self, batch: object) -> Index:
        """Return the `(n,)` row numbers of a batch.

        Raises:
            InvalidArchitecture: an architecture is not among the rows; the message names it.
        """
        rows = self.as_batch(batch)
        found, missing = self.locate(rows)
        if missing.any():
            row = int(np.argmax(missing))
            raise InvalidArchitecture(
                f"row {row} of the batch, {rows[row].tolist()}, is not among the {self.size:,} "
                f"architectures of {self.name} that are listed here."
            )
        return found

    def is_valid(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n,)` whether each row is listed."""
        return ~self.locate(batch)[1]

    def locate(self, rows: Batch) -> tuple[Index, NDArray[np.bool_]]:
        """Return `(n,)` row numbers, and which architectures are not listed (their numbers mean nothing).

        An isomorphic row is found by its key where isomorphic rows are one architecture.
        """
        found, missing = _lookup(self._sorted, self._order, self.base.code(rows))
        if self.merges_isomorphs and missing.any():
            lost = np.flatnonzero(missing)
            lost = lost[self.base.is_valid(rows[lost])]
            found[lost], missing[lost] = _lookup(*self._keys, self.base.key(rows[lost]))
        return found, missing

    @cached_property
    def _keys(self) -> tuple[Keys, NDArray[np.int32]]:
        keys = np.concatenate([self.base.key(block) for block in self.blocks(self.rows)])
        order = np.argsort(keys).astype(np.int32)
        return keys[order], order

    @staticmethod
    def blocks(rows: Batch) -> Iterable[Batch]:
        """Cut rows into the fixed blocks."""
        return (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))

    def key(self, batch: Batch) -> Keys:
        """Return the underlying space's keys."""
        return self.base.key(batch)

    def code(self, batch: Batch) -> Keys:
        """Return the underlying space's codes."""
        return self.base.code(batch)

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
        for row in missing:
            result[row] = self.rows[rng.choice(self._nearest(batch[row], numbers[row]))]
        return result

    def neighbors(self, arch: Batch) -> Batch:
        """Return the listed rows one edit away, or the ten nearest ones where there are none."""
        self._needs_two()
        (number,) = self.index(arch)
        found, absent = self.locate(self.base.neighbors(self.rows[[number]]))
        if absent.all():
            return self.rows[self._nearest(self.rows[number], number)]
        return self.rows[np.unique(found[~absent])]

    def crossover(self, first: Batch, second: Batch, rng: np.random.Generator) -> Batch:
        """Return listed children of two parents; where there is none, the row nearest to a child."""
        children = self.base.crossover(first, second, rng)
        found, absent = self.locate(children)
        for row in np.flatnonzero(absent):
            found[row] = rng.choice(self._nearest(children[row]))
        return self.rows[found]

    def _nearest(self, arch: Batch, itself: int | None = None) -> Index:
        """Return the numbers of the ten rows nearest to one, without its own where it is listed."""
        distance = (self.rows != arch).sum(1)
        if itself is not None:
            distance[itself] = len(self.options) + 1
        return np.argsort(distance, kind="stable")[: min(_NEAREST, self.size - 1)]

    def _needs_two(self) -> None:
        if self.size < 2:
            raise InvalidArchitecture(f"{self.name} has a single architecture here, which has no neighbours.")

    # -- features and text ----------------------------------------------------------------------------

    def encoded(self, kind: str) -> Floats:
        """Return the `(size, f)` features of all rows, read-only and memory-mapped from the cache on disk."""
        slug = re.sub("[^a-z0-9]+", "_", kind)[:40]
        path = cache_directory() / f"{self.name}-{slug}-{self._digest(kind)}-v{_VERSION}.npy"
        try:
            return _open(path)
        except (OSError, ValueError):  # absent, or cut short by a full disk
            return self._write(path, kind)

    def _digest(self, kind: str) -> str:
        content = hashlib.blake2b(self._digest_of_rows + kind.encode(), digest_size=8)
        if "features" in kind:
            content.update(self._digest_of_columns)
        return content.hexdigest()

    @cached_property
    def _digest_of_rows(self) -> bytes:
        return hashlib.blake2b(self.rows.tobytes()).digest()

    @cached_property
    def _digest_of_columns(self) -> bytes:
        return hashlib.blake2b(b"".join(self._column(name).tobytes() for name in self.free)).digest()

    def _column(self, name: str) -> Numbers:
        """Return what is free to know by name, asked for once."""
        if name not in self._columns:
            self._columns[name] = self.free[name]()
        return self._columns[name]

    def _write(self, path: Path, kind: str) -> Floats:
        first = self._compute(self.rows[:1], kind)

        def fill(part: Path) -> None:
            shape = (self.size, first.shape[1])
            matrix = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=shape)
            for start in range(0, self.size, BLOCK):
                matrix[start : start + BLOCK] = self._compute(self.rows[start : start + BLOCK], kind)
            matrix.flush()

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return _open(write_atomically(path, fill))
        except (OSError, WeaknasError):  # no place for a cache: keep the matrix in memory
            return self._compute(self.rows, kind)

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
        """The free numbers that `argument` names, all of them where it is empty; the mean where one is not known."""
        names = argument.split(",") if argument else list(self.free)
        for name in names:
            if name not in self.free:
                raise NotFound(f"{self.name} has no feature {name!r}; it has {', '.join(self.free)}.")
        columns = np.stack([self._column(name) for name in names], axis=1)
        unknown = np.isnan(columns)
        means = columns.sum(axis=0, where=~unknown) / np.maximum((~unknown).sum(axis=0), 1)
        known: Floats = np.where(unknown, means, columns)[self.index(batch)].astype(np.float32)
        return known

    def to_str(self, batch: Batch) -> list[str]:
        """Return the text form of each row."""
        return self.base.to_str(batch)

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the listed rows that texts name."""
        return self.rows[self.index(self.base.from_str(texts))]


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


def cache_directory() -> Path:
    """Where encoded matrices are kept; they can be deleted at any time."""
    return user_cache_path("weaknas") / "encodings"


def _lookup(keys: Keys, order: NDArray[np.int32], wanted: Keys) -> tuple[Index, NDArray[np.bool_]]:
    place = keys.searchsorted(wanted)
    place[place == len(keys)] = 0
    return order[place].astype(np.intp), keys[place] != wanted


def _open(path: Path) -> Floats:
    matrix: Floats = np.load(path, mmap_mode="r")
    return matrix
