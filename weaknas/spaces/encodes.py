"""How a space turns its architectures into features."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import doors
from ..errors import NotFound
from .arrays import Batch, Floats

__all__ = ["Encoder", "Encodes", "truncate"]


class Encoder(Protocol):
    """Turns a valid batch into features; `argument` is what follows the colon in `path:40`."""

    def __call__(self, batch: Batch, argument: str = "", /) -> Floats:
        """Return `(n, f)` features."""
        ...


class Encodes(ABC):
    """The part of a space that knows encodings: its own by name, and those learned from it."""

    name: str

    @property
    @abstractmethod
    def options(self) -> NDArray[np.int64]:
        """The `(d,)` number of options of each choice point."""

    @abstractmethod
    def as_batch(self, batch: ArrayLike) -> Batch:
        """Return `batch` as `(n, d)` int8 with every value within its options."""

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
        rows = self.as_batch(batch)
        parts = [self._encode_part(rows, *part.partition(":")[::2]) for part in kind.split("+")]
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


def truncate(features: Floats, argument: str, name: str) -> Floats:
    """Keep the first `argument` columns, all of them where it is empty.

    Raises:
        NotFound: the argument is not a positive whole number.
    """
    if not argument:
        return features
    if not argument.isdecimal() or len(argument) > 9 or int(argument) < 1:
        raise NotFound(f"{name}:{argument[:40]} is no encoding; write {name}:COLUMNS with a positive whole number.")
    return features[:, : int(argument)]
