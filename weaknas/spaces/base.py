"""Rows of small integers, and everything that can be done with a batch of them."""

from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InvalidArchitecture
from .arrays import Batch, Index, Keys, hash_columns
from .batches import as_batch, limits, within
from .choice import Choice
from .encodes import Encodes
from .forms import Forms

__all__ = ["ENUMERABLE", "SpaceBase"]

ENUMERABLE = 1_000_000
"""Spaces of at most this many rows are enumerated and scored whole."""

_MAX_TRIES = 1000


class SpaceBase(Encodes, Forms):
    """All of a space but the making of parts of it, which are spaces themselves: see `Space`.

    Attributes:
        name: the space's name, which also stands in the cards of its tables.
        choices: the choice points in the order of a row, each with its name, options, kind and layer.
        options: `(d,)` number of options of each choice point.
        default_encoding: the encoding that predictors get unless told otherwise.
        merges_isomorphs: whether isomorphic rows are one architecture with one measurement (NAS-Bench-101)
            or were measured one by one (NAS-Bench-201).
        what: the condition that makes it a part of a larger space, in words; empty for a whole one.
    """

    name: str
    choices: tuple[Choice, ...]
    default_encoding: str = "onehot"
    merges_isomorphs: bool = False
    what: str = ""

    @cached_property
    def options(self) -> NDArray[np.int64]:
        """The `(d,)` number of options of each choice point."""
        return np.array([len(choice.options) for choice in self.choices], dtype=np.int64)

    @cached_property
    def layers(self) -> Mapping[str, tuple[Choice, ...]]:
        """The choices of each layer, in the order of a row."""
        names = dict.fromkeys(choice.layer for choice in self.choices)
        return {name: tuple(choice for choice in self.choices if choice.layer == name) for name in names}

    @cached_property
    def kinds(self) -> Mapping[str, tuple[Choice, ...]]:
        """The choices of each kind, in the order of a row."""
        names = dict.fromkeys(choice.kind for choice in self.choices)
        return {name: tuple(choice for choice in self.choices if choice.kind == name) for name in names}

    @cached_property
    def nodes(self) -> Mapping[str, tuple[Choice, ...]]:
        """The choices whose results meet in one sum, such as the edges into a node of a cell; here each alone."""
        return {choice.name: (choice,) for choice in self.choices}

    @property
    def size(self) -> int:
        """The number of rows, valid or not: the product of the options."""
        return int(np.prod(self.options.astype(object)))

    @cached_property
    def recipe(self) -> Mapping[str, Any] | None:
        """What makes the space again: its name under `space`, and its options; None if it does not say.

        The encodings follow from it and the rows. They are kept on disk only where the class itself says it: one that
        inherits it may have options of its own.
        """
        return None

    @property
    def layout(self) -> str:
        """What a row holds, in words."""
        return "an option number for each choice, counted from 0"

    @cached_property
    def _limits(self) -> NDArray[np.uint8]:
        return limits(self.options, self.name)

    @cached_property
    def _weights(self) -> NDArray[np.int64] | None:
        """Mixed-radix weights of the exact code of a row; None where a code needs more than 63 bits."""
        if prod(self.options.tolist()) >= 2**63:
            return None
        return np.append(np.cumprod(self.options[:0:-1])[::-1], 1).astype(np.int64)

    # -- what a batch is ------------------------------------------------------------------------------

    def as_batch(self, batch: ArrayLike) -> Batch:
        """Return `batch` as `(n, d)` int8 with every value within its options.

        Raises:
            InvalidArchitecture: a wrong shape or type, or a value outside its options.
        """
        return as_batch(batch, self._limits, self.name, self.layout)

    def is_valid(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n,)` whether each row is an architecture of the space."""
        return within(batch, self._limits)

    def validate(self, batch: ArrayLike) -> Batch:
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
        """Return `(n,)` numbers that tell rows apart.

        They are exact where the product of the options is below 2^63, else hashes of 64 bits.
        """
        rows = self.as_batch(batch)
        return hash_columns(rows) if self._weights is None else (rows @ self._weights).view(np.uint64)

    def key(self, batch: Batch) -> Keys:
        """Return `(n,)` numbers that isomorphic rows share."""
        return self.code(batch)

    def picked(self, batch: Batch) -> dict[str, NDArray[np.int8]]:
        """Return the `(n,)` option numbers of a batch by the names of the choices."""
        return {choice.name: batch[:, column] for column, choice in enumerate(self.choices)}

    def matters(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n, d)` which choices have a meaning in each row; here all of them."""
        return np.ones(batch.shape, dtype=bool)

    def canonical(self, batch: Batch) -> Batch:
        """Return each row as the one that stands for all rows of the same network by meaning; here itself."""
        return batch

    # -- drawing and moving ---------------------------------------------------------------------------

    def enumerate(self) -> Batch:
        """Return every row, in mixed-radix order.

        Raises:
            InvalidArchitecture: the space has more than `ENUMERABLE` rows.
        """
        if prod(self._limits.tolist()) > ENUMERABLE:
            raise InvalidArchitecture(f"{self.name} has more than {ENUMERABLE:,} rows, too many to enumerate.")
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
        drawn: Batch = rng.integers(0, self._limits, (n, len(self.options)), dtype=np.int8)
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

    def strongest(self, weights: Mapping[str, ArrayLike]) -> Batch:
        """Return the architecture that weights of all options point at, as a batch of one.

        Here it has the option of the largest weight in each choice; a space may have another rule, as DARTS keeps two
        inputs of each node.

        Args:
            weights: `(options,)` by the name of each choice.

        Raises:
            InvalidArchitecture: these options together make none.
        """
        row = np.array([[int(np.argmax(weights[choice.name])) for choice in self.choices]], dtype=np.int8)
        row *= self.matters(row)
        if not self.is_valid(row).all():
            raise InvalidArchitecture(
                f"the options of the largest weights together are no architecture of {self.name}."
            )
        return row


class _Draw(Protocol):
    def __call__(self, missing: Index, /) -> Batch: ...


class _Accept(Protocol):
    def __call__(self, rows: Batch, missing: Index, /) -> NDArray[np.bool_]: ...
