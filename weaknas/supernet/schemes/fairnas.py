"""FairNAS: in each step every option of every choice is trained once."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...spaces import Batch, Space
from ..selection import Path
from .base import Scheme
from .step import Step

__all__ = ["FairNas", "fair"]


@dataclass
class FairNas(Scheme):
    """Strict fairness: as many paths a step as a choice has options, no option in two of them (Chu et al., ICCV 2021).

    The form is ours: gradients of the paths are averaged, with one update a step. See `fair` for choices of fewer
    options.
    """

    name: ClassVar[str] = "fairnas"

    def step(self, step: Step) -> None:
        """Train architectures in which every option stands once, on the labels."""
        rows = fair(step.supernet.space, step.rng)
        for row in rows:
            step.backward("loss", step.hard(step.logits(Path(row))), 1 / len(rows))


def fair(space: Space, rng: np.random.Generator) -> Batch:
    """Return `(m, d)` architectures, m the most options of a choice, in which options stand equally often.

    Each choice's options are a random permutation over the rows, independent of the other choices'. Where there are
    fewer than m, permutations follow each other, and how often two options stand differs by one at most. An option
    drawn for a choice without meaning, such as the kernel of a block that is left out, is not trained in that row. A
    row that is no architecture is replaced by a random one, and so are its options: where the space has such rows,
    fairness holds of the others only.
    """
    most = int(space.options.max())
    columns = [_permuted(int(options), most, rng) for options in space.options]
    rows = space.canonical(np.stack(columns, axis=1).astype(np.int8))
    wrong = np.flatnonzero(~space.is_valid(rows))
    rows[wrong] = space.sample(len(wrong), rng)
    return rows


def _permuted(options: int, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the first `n` numbers of permutations that follow each other."""
    return np.concatenate([rng.permutation(options) for _ in range(-(-n // options))])[:n]
