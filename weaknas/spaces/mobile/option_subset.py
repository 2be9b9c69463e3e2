"""The part of a space of mobile networks with only some of the options."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...doors import unknown
from ...errors import InvalidOption
from ..arrays import Batch
from ..choice import named
from ..filtered import Filtered
from .space import MobileSpace

__all__ = ["OptionSubset"]


class OptionSubset(Filtered):
    """The architectures whose options are among those allowed: small kernels only, a fixed depth.

    Unlike a part by any other condition, it is drawn from directly, however few of the whole it has.

    Args:
        space: the whole space.
        allowed: options by the name of a choice, or of a group for all its choices; see `MobileSpace.narrow`.
    """

    def __init__(self, space: MobileSpace, allowed: Mapping[str, Sequence[Any]]) -> None:
        names = {choice.name for choice in space.choices}
        for name in allowed:
            if name not in names and name not in space.groups:
                raise unknown("choice", name, {*names, *space.groups})
        wanted = {name: [named(option) for option in _listed(options)] for name, options in allowed.items()}
        self._masks = [np.ones(len(choice.options), dtype=bool) for choice in space.choices]
        for column, choice in enumerate(space.choices):
            for name in {choice.name, choice.kind} & allowed.keys():
                self._masks[column] &= np.isin(choice.names, wanted[name])
            if not self._masks[column].any():
                raise InvalidOption(
                    f"choice {choice.name!r} of {space.name} has the options {', '.join(choice.names)}, and none of "
                    "them is allowed."
                )
        what = "; ".join(f"{name} in {', '.join(options)}" for name, options in wanted.items())
        super().__init__(space, self._is_allowed, what)
        self.whole = space

    def _is_allowed(self, batch: Batch) -> NDArray[np.bool_]:
        fits = np.stack([mask[batch[:, column]] for column, mask in enumerate(self._masks)], axis=1)
        allowed: NDArray[np.bool_] = np.all(fits | ~self.whole.matters(batch), axis=1)
        return allowed

    def sample(self, n: int, rng: np.random.Generator) -> Batch:
        """Return `n` rows drawn independently, each choice from its allowed options."""
        columns = [rng.choice(np.flatnonzero(mask), n) for mask in self._masks]
        return self.whole.canonical(np.stack(columns, axis=1).astype(np.int8))


def _listed(options: Any) -> Sequence[Any]:
    """Return options as a list; a single one, a word too, is one of them."""
    return [options] if isinstance(options, str) or not isinstance(options, Iterable) else list(options)
