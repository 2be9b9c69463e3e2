"""What a search space is: rows of small integers, and everything one can do with a batch of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .. import doors
from ..errors import InvalidArchitecture, InvalidOption, NotFound
from .arrays import Batch, Floats, Index, Keys, hash_columns
from .constraint import parse
from .cost import Cost

__all__ = ["ENUMERABLE", "Encoder", "Priced", "Space"]

ENUMERABLE = 1_000_000
"""Spaces of at most this many rows are enumerated and scored whole."""

_MAX_TRIES = 1000


class Encoder(Protocol):
    """Turns a valid batch into features; `argument` is what follows the colon in `path:40`."""

    def __call__(self, batch: Batch, argument: str = "", /) -> Floats:
        """Return `(n, f)` features."""
        ...


class Space(ABC):
    """Ordered choice points with their options.

    An architecture is a row of `d` small integers, one per choice point; a batch is an `(n, d)` int8 array.
    Every method works on whole batches. Two rows with the same `key` are known to be the same network.

    Attributes:
        name: the space's name, which also stands in the cards of its tables.
        options: `(d,)` number of options of each choice point.
        default_encoding: the encoding that predictors get unless told otherwise.
        merges_isomorphs: whether isomorphic rows are one architecture with one measurement (NAS-Bench-101)
            or were measured one by one (NAS-Bench-201).
        what: the condition that makes it a part of a larger space, in words; empty for a whole one.
    """

    name: str
    default_encoding: str = "onehot"
    merges_isomorphs: bool = False
    what: str = ""

    @property
    @abstractmethod
    def options(self) -> NDArray[np.int64]:
        """The `(d,)` number of options of each choice point."""

    @property
    def size(self) -> int:
        """The number of rows, valid or not: the product of the options."""
        return int(np.prod(self.options.astype(object)))

    @cached_property
    def _limits(self) -> NDArray[np.uint8]:
        return self.options.astype(np.uint8)

    @cached_property
    def _weights(self) -> NDArray[np.int64] | None:
        """Mixed-radix weights of the exact code of a row; None where a code needs more than 63 bits."""
        if self.size >= 2**63:
            return None
        return np.append(np.cumprod(self.options[:0:-1])[::-1], 1).astype(np.int64)

    # -- what a batch is ------------------------------------------------------------------------------

    def as_batch(self, batch: object) -> Batch:
        """Return `batch` as `(n, d)` int8 with every value within its options.

        Raises:
            InvalidArchitecture: a wrong shape or type, or a value outside its options.
        """
        rows = np.asarray(batch)
        if rows.ndim != 2 or rows.shape[1] != len(self.options):
            raise InvalidArchitecture(
                f"a batch of {self.name} is an (n, {len(self.options)}) integer array, not one of shape "
                f"{rows.shape}; a single architecture is a batch of one row."
            )
        if rows.dtype != np.int8:
            if rows.dtype.kind not in "iub":
                raise InvalidArchitecture(f"a batch of {self.name} holds integers, not {rows.dtype}.")
            outside = (rows < 0) | (rows >= self.options)
            rows = rows.astype(np.int8)
        else:
            outside = rows.view(np.uint8) >= self._limits  # a negative int8 reads as 128 or more
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise InvalidArchitecture(
                f"row {row} of the batch is not in {self.name}: choice {column} has "
                f"{self.options[column]} options, numbered from 0, and the row says {np.asarray(batch)[row, column]}."
            )
        return rows

    def is_valid(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n,)` whether each row is an architecture of the space."""
        return np.ones(len(batch), dtype=bool)

    def validate(self, batch: object) -> Batch:
        """Return `batch` as `(n, d)` int8 if every row is an architecture of the space.

        Raises:
            InvalidArchitecture: it is not; the message names the first row at fault.
        """
        rows = self.as_batch(batch)
        valid = self.is_valid(rows)
        if not valid.all():
            row = int(np.argmin(valid))
            raise InvalidArchitecture(f"row {row} of the batch, {rows[row].tolist()}, is not in {self.name}.")
        return rows

    def code(self, batch: Batch) -> Keys:
        """Return `(n,)` numbers that tell rows apart; exact where the space has fewer than 2^63 rows."""
        if self._weights is not None:
            return (batch @ self._weights).view(np.uint64)
        return hash_columns(batch)

    def key(self, batch: Batch) -> Keys:
        """Return `(n,)` numbers that isomorphic rows share."""
        return self.code(batch)

    def restrict(self, keep: Callable[[Batch], NDArray[np.bool_]], what: str) -> "Space":
        """Return the part of the space for which `keep` holds; see `Restricted`."""
        from .restricted import Restricted

        return Restricted(self, keep, what)

    def where(self, constraint: str) -> "Space":
        """Return the part of the space whose costs satisfy a constraint, such as `macs <= 600e6 and params < 4e6`.

        Raises:
            InvalidOption: the constraint cannot be read, or the space does not know the number it names.
            InvalidArchitecture: no architecture satisfies it.
        """
        conditions = parse(constraint)
        for name, *_ in conditions:
            self.free_to_know(name, self.sample(1, np.random.default_rng(0)))

        def keep(batch: Batch) -> NDArray[np.bool_]:
            kept = np.ones(len(batch), dtype=bool)
            for condition in conditions:
                kept &= condition.holds(self.free_to_know(condition.name, batch))
            return kept

        return self.restrict(keep, constraint)

    def free_to_know(self, name: str, batch: Batch) -> NDArray[np.float64]:
        """Return `(n,)` what can be known of architectures without evaluating them: `params`, `macs`.

        Raises:
            InvalidOption: the space does not know it.
        """
        if name not in ("params", "macs") or not isinstance(self, Priced):
            known = "params, macs" if isinstance(self, Priced) else "nothing"
            raise InvalidOption(f"{self.name} does not know {name!r} of its architectures; it knows {known}.")
        values: NDArray[np.int64] = getattr(self.cost(batch), name)
        return values.astype(np.float64)

    # -- drawing and moving ---------------------------------------------------------------------------

    def enumerate(self) -> Batch:
        """Return every row, in mixed-radix order.

        Raises:
            InvalidArchitecture: the space has more than `ENUMERABLE` rows.
        """
        if self.size > ENUMERABLE:
            raise InvalidArchitecture(f"{self.name} has {self.size:.3g} rows, too many to enumerate.")
        grid = np.indices(tuple(self.options), dtype=np.int8)
        return np.ascontiguousarray(grid.reshape(len(self.options), -1).T)

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `n` valid rows drawn independently; rows may repeat."""
        return self._redraw(n, lambda missing: self._draw(len(missing), rng))

    def mutate(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """Return each row one random edit away, valid and with another key."""
        own = self.key(batch)

        def step(missing: Index) -> Batch:
            return self._step(batch[missing], rng)

        return self._redraw(len(batch), step, lambda rows, missing: self.key(rows) != own[missing])

    def crossover(self, first: Batch, second: Batch, rng: np.random.Generator) -> Batch:
        """Return children that take each choice from one of two parents, redrawn until they are valid."""

        def mix(missing: Index) -> Batch:
            take = rng.random((len(missing), first.shape[1])) < 0.5
            return self._settle(np.where(take, first[missing], second[missing]))

        return self._redraw(len(first), mix)

    def neighbors(self, arch: Batch) -> Batch:
        """Return all rows that one edit turns `arch` (a batch of one) into, valid and with another key."""
        edits = [np.arange(n) for n in self.options]
        rows = np.repeat(arch, sum(len(e) for e in edits), axis=0)
        rows[np.arange(len(rows)), np.repeat(np.arange(len(edits)), self.options)] = np.concatenate(edits)
        rows = rows[self.is_valid(rows)]
        edited: Batch = rows[self.key(rows) != self.key(arch)]
        return edited

    def _draw(self, n: int, rng: np.random.Generator) -> Batch:
        drawn: Batch = rng.integers(0, self.options, (n, len(self.options)), dtype=np.int8)
        return drawn

    def _settle(self, batch: Batch) -> Batch:
        """Bring rows that were put together from parts into the space's own form."""
        return batch

    def _step(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """Return each row with one choice changed; the result may be invalid or isomorphic to the row."""
        rows = batch.copy()
        at = np.arange(len(rows))
        column = rng.choice(np.flatnonzero(self.options > 1), len(rows))
        shift = rng.integers(1, self.options[column])
        rows[at, column] = (rows[at, column] + shift) % self.options[column]
        return rows

    def _redraw(self, n: int, draw: "_Draw", accept: "_Accept | None" = None) -> Batch:
        """Fill `n` rows from `draw`, again and again for those that are invalid or not accepted."""
        rows = np.zeros((n, len(self.options)), dtype=np.int8)
        missing = np.arange(n)
        for _ in range(_MAX_TRIES):
            if not len(missing):
                return rows
            drawn = draw(missing)
            good = self.is_valid(drawn)
            if accept is not None:
                good[good] = accept(drawn[good], missing[good])
            rows[missing[good]] = drawn[good]
            missing = missing[~good]
        raise InvalidArchitecture(f"{self.name}: no valid architecture found in {_MAX_TRIES} tries.")

    # -- features -------------------------------------------------------------------------------------

    @property
    def encoders(self) -> Mapping[str, Encoder]:
        """The space's own encodings by name; those learned from it come through the door `weaknas.encodings`."""
        return {"onehot": self._onehot}

    def has_encoding(self, kind: str) -> bool:
        """Return whether `encode` knows the encoding."""
        names = [part.partition(":")[0] for part in kind.split("+")]
        return all(name in self.encoders or self._can_learn(name) for name in names)

    def _can_learn(self, name: str) -> bool:
        """Return whether there is a learned encoding of the name, and the space has what it is learned from."""
        if name not in doors.ENCODINGS.names():
            return False
        return all(self.has_encoding(kind) for kind in getattr(doors.ENCODINGS.load(name), "needs", ()))

    def encode(self, batch: Batch, kind: str = "onehot") -> Floats:
        """Return `(n, f)` float32 features of a valid batch.

        Args:
            batch: `(n, d)` valid rows.
            kind: a name in `encoders` or of a learned encoding, `name:argument` (`path:40` keeps the first 40
                columns), or several joined by `+`.

        Raises:
            NotFound: the space has no such encoding.
        """
        parts = [self._encode_part(batch, *part.partition(":")[::2]) for part in kind.split("+")]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _encode_part(self, batch: Batch, name: str, argument: str) -> Floats:
        if name in self.encoders:
            return self.encoders[name](batch, argument)
        if name not in self._learned:
            if name not in doors.ENCODINGS.names():
                known = ", ".join(sorted({*self.encoders, *doors.ENCODINGS.names()}))
                raise NotFound(f"{self.name} has no encoding {name!r}; known: {known}.")
            self._learned[name] = doors.ENCODINGS.create(name, self)
        return self._learned[name](batch, argument)

    @cached_property
    def _learned(self) -> dict[str, Encoder]:
        """The encoders learned from this space so far."""
        return {}

    def _onehot(self, batch: Batch, argument: str = "") -> Floats:
        """One column per option; a single column for a choice between two."""
        columns = [
            batch[:, i, None] == np.arange(1 if options == 2 else 0, options) for i, options in enumerate(self.options)
        ]
        return np.concatenate(columns, axis=1).astype(np.float32)

    # -- text -----------------------------------------------------------------------------------------

    @abstractmethod
    def to_str(self, batch: Batch) -> list[str]:
        """Return the text form of each row."""

    @abstractmethod
    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of text forms.

        Raises:
            InvalidArchitecture: a text is not an architecture of the space.
        """


@runtime_checkable
class Priced(Protocol):
    """A space that knows what its architectures cost."""

    def cost(self, batch: Batch, /) -> Cost:
        """Return parameters and multiply-accumulates of each architecture."""
        ...


class _Draw(Protocol):
    def __call__(self, missing: Index, /) -> Batch: ...


class _Accept(Protocol):
    def __call__(self, rows: Batch, missing: Index, /) -> NDArray[np.bool_]: ...


def truncate(features: Floats, argument: str, name: str) -> Floats:
    """Keep the first `argument` columns, all of them where it is empty.

    Raises:
        NotFound: the argument is not a positive whole number.
    """
    if not argument:
        return features
    if not argument.isdecimal() or int(argument) < 1:
        raise NotFound(f"{name}:{argument} is no encoding; write {name}:COLUMNS with a positive whole number.")
    return features[:, : int(argument)]


def one_text(kind: str, text: object, expected: str) -> InvalidArchitecture:
    """Return the error for a text that is not an architecture."""
    return InvalidArchitecture(f"{text!r} is not an architecture of {kind}; expected {expected}.")
