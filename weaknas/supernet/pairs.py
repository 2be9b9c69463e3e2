"""Two architectures that have no option in common: what Pi-NAS trains together."""

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArchitecture
from ..spaces import Batch, Space

__all__ = ["disjoint_pair"]

_DRAWS = (1, 16, 256, 4096)  # at a time: of most spaces one is enough


def disjoint_pair(space: Space, rng: np.random.Generator) -> Batch:
    """Return `(2, d)` two architectures that differ in every choice that both make (Peng et al., ICCV 2021).

    The first is drawn as ever. Each choice of the second is uniform over the options that the first does not have, so
    that it alone is as random. A choice of a single option is the same in both. Where a choice has no meaning in the
    first, such as the kernel of a block that is left out, the second may have any option. Pairs whose second is no
    architecture, or has an option of the first after all, are drawn again.

    It is options that differ. Weights do too where each option has its own, as operations and candidate blocks do;
    widths and kernels of one filter share it, and so do inputs of DARTS that are chosen in another place.

    Raises:
        InvalidArchitecture: some thousand draws gave no such pair.
    """
    for n in _DRAWS:
        first = space.sample(n, rng)
        second = space.canonical(_others(space, first, rng))
        good = space.is_valid(second)
        good[good] &= _are_disjoint(space, first[good], second[good])
        if good.any():
            at = int(np.argmax(good))
            return np.stack([first[at], second[at]])
    raise InvalidArchitecture(
        f"{sum(_DRAWS):,} draws gave no two architectures of {space.name} that have no option in common; take a space "
        "whose choices are free of each other, or another scheme."
    )


def _others(space: Space, rows: Batch, rng: np.random.Generator) -> Batch:
    """Return for each row another one, perhaps invalid, of other options in all choices that matter."""
    several = space.options > 1
    other = rng.integers(1, np.where(several, space.options, 2), rows.shape)
    shift = np.where(space.matters(rows), other, rng.integers(0, space.options, rows.shape))
    shifted: Batch = (np.where(several, rows + shift, rows) % space.options).astype(np.int8)
    return shifted


def _are_disjoint(space: Space, first: Batch, second: Batch) -> NDArray[np.bool_]:
    shared = (first == second) & space.matters(first) & space.matters(second) & (space.options > 1)
    disjoint: NDArray[np.bool_] = ~shared.any(axis=1)
    return disjoint
