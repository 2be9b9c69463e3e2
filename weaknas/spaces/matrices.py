"""The features of whole lists of architectures, made once: memory-mapped from a cache on disk, or kept in memory."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from hashlib import blake2b

import numpy as np

from ..errors import PluginError
from .arrays import Batch, Floats, blocks
from .encoding_cache import kept
from .origin import origin
from .space import Space

__all__ = ["Matrices"]


class Matrices:
    """The features of the rows of a list, by encoding.

    Args:
        space: the list.
        rows: its `(n, d)` rows.
        compute: from some of the rows and an encoding to their `(n, f)` features.
        free: a digest of what is free to know of the rows.
    """

    def __init__(
        self, space: Space, rows: Batch, compute: Callable[[Batch, str], Floats], free: Callable[[], bytes]
    ) -> None:
        self._space, self._rows, self._compute, self._free = space, rows, compute, free
        self._in_memory: dict[str, Floats] = {}

    def __getitem__(self, kind: str) -> Floats:
        if kind not in self._in_memory:
            key = self._key(kind)
            made = partial(self._made, kind)
            matrix = None if key is None else kept(f"{self._space.name} {kind}", key, len(self._rows), made)
            if matrix is not None:
                return matrix
            self._in_memory[kind] = np.concatenate(list(made()))
            self._in_memory[kind].flags.writeable = False
        return self._in_memory[kind]

    def _key(self, kind: str) -> bytes | None:
        """Return a digest of all that the features follow from; None where that is not known."""
        known = origin(self._space, kind)
        if known is None:
            return None
        free = self._free() if known.free else b""
        return blake2b(known.content + self._digest_of_rows + free, digest_size=16).digest()

    @cached_property
    def _digest_of_rows(self) -> bytes:
        return blake2b(repr(self._rows.shape).encode() + self._rows.tobytes()).digest()

    def _made(self, kind: str) -> Iterator[Floats]:
        width = None
        for block in blocks(self._rows):
            features = self._compute(block, kind)
            width = features.shape[-1] if width is None else width
            if features.shape != (len(block), width):
                raise PluginError(
                    f"the encoding {kind} of {len(block)} architectures is an array of shape {features.shape}, not "
                    f"{(len(block), width)}."
                )
            yield features
