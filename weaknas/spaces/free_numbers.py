"""What is free to know of listed architectures: parameters, latencies, zero-cost scores."""

from collections.abc import Callable, Mapping
from hashlib import blake2b

import numpy as np

from ..errors import NotFound
from .arrays import Floats, Numbers

__all__ = ["FreeNumbers"]


class FreeNumbers:
    """Numbers by name, one for each architecture of a list, which are asked for once.

    Args:
        sources: what returns the `(n,)` numbers of a name; NaN where one is not known.
        owner: the name of the list, for messages.
    """

    def __init__(self, sources: Mapping[str, Callable[[], Numbers]], owner: str) -> None:
        self._sources, self._owner = sources, owner
        self._asked: dict[str, Numbers] = {}

    def __getitem__(self, name: str) -> Numbers:
        if name not in self._asked:
            self._asked[name] = self._sources[name]()
        return self._asked[name]

    def features(self, argument: str) -> Floats:
        """Return the `(n, f)` numbers that a list like `macs,params` names, all of them where it is empty.

        The mean stands in for a number that is not known.

        Raises:
            NotFound: there are no numbers of a name.
        """
        names = argument.split(",") if argument else list(self._sources)
        for name in names:
            if name not in self._sources:
                raise NotFound(f"{self._owner} has no feature {name!r}; it has {', '.join(self._sources)}.")
        columns = np.stack([self[name] for name in names], axis=1)
        unknown = np.isnan(columns)
        means = columns.sum(axis=0, where=~unknown) / np.maximum((~unknown).sum(axis=0), 1)
        return np.where(unknown, means, columns).astype(np.float32)

    def digest(self, inner: bytes = b"") -> bytes:
        """Return a digest of all numbers and their names, and of what else is given."""
        digest = blake2b(inner)
        for name in self._sources:
            digest.update(name.encode() + b"\0" + self[name].tobytes())
        return digest.digest()
