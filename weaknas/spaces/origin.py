"""What the features of architectures follow from, besides the architectures themselves."""

import inspect
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final, NamedTuple

from .. import doors
from .space import Part, Space

__all__ = ["Origin", "origin", "source"]

_VERSION: Final = 6  # of the encodings: a change of what they are computed by changes it, and with it the cached files


class Origin(NamedTuple):
    """What the features of an encoding follow from.

    Attributes:
        content: all of it as bytes, but for the rows and what is free to know of them.
        free: whether they follow from what is free to know.
    """

    content: bytes
    free: bool


def origin(space: Space, kind: str) -> Origin | None:
    """Return what the features of a space in an encoding follow from; None if that cannot be said."""
    stated: list[object] = [_VERSION, kind]
    free = False
    for name in (part.partition(":")[0] for part in kind.split("+")):
        free |= name == "features"
        if name not in space.encoders and name in doors.ENCODINGS.names():
            learned = doors.ENCODINGS.load(name)
            stated += [source(learned), str(getattr(learned, "version", ""))]
            free |= "features" in getattr(learned, "needs", ("features",))
    while isinstance(space, Part):
        stated.append(source(type(space)))
        space = space.base
    says = type(space).__module__.startswith("weaknas.") or "recipe" in vars(type(space))
    stated += [source(type(space)), space.recipe if says else None]
    return None if None in stated else Origin(repr(stated).encode(), free)


@lru_cache
def source(plugin: Callable[..., object]) -> bytes | None:
    """Return a digest of the files in which a class and those that it inherits from, or a function, are written.

    None where there is no such file, as for a class that was typed in.
    """
    digest = blake2b(digest_size=32)
    for part in plugin.__mro__ if isinstance(plugin, type) else (plugin,):
        if part.__module__ not in ("builtins", "abc"):
            try:
                digest.update(Path(inspect.getsourcefile(part) or "").read_bytes())
            except (OSError, TypeError):
                return None
    return digest.digest()
