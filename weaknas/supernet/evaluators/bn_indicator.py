"""BN-NAS: how large the weights of an architecture's batch normalisation are."""

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidOption
from ...spaces import Batch, Elastic
from ...spaces.elastic import lift
from ..normalisation import Norm, NormBlock
from ..supernet import Supernet
from .base import Indicator

__all__ = ["BnIndicator"]

Scope = Literal["last", "all"]


class BnIndicator(Indicator):
    """The sum over an architecture's blocks of the mean absolute batch-norm weight (Chen et al., ICCV 2021).

    A block is a place for one of several candidates, in cells the operation on an edge; one that is left out, or has
    no normalisation, adds nothing. What each block adds is computed once, for all options of the choices that it
    depends on, from the weights as they are then. Every score after that is looked up: no network is made and no image
    is read.

    Args:
        supernet: the weights; the published ones trained nothing but batch normalisation (scheme `bn-nas`).
        scope: `last`, the normalisation that each block ends with (the released code), or `all` of a block (the
            paper), each of which then adds its mean.

    Raises:
        InvalidOption: there is no such scope, or the supernet does not say which normalisations it has.
    """

    def __init__(self, supernet: Supernet, scope: Scope = "last") -> None:
        if scope not in ("last", "all"):
            raise InvalidOption(f"the scope of the batch-norm indicator is last or all, not {scope!r}.")
        self.supernet, self.scope = supernet, scope
        self.name = f"bn-{scope}"  # type: ignore[misc]
        self._tables = _tables(supernet.norm_blocks(), scope)

    def score(self, arch: Batch) -> float:
        """Return the indicator of one architecture."""
        return float(self.scores(np.atleast_2d(arch))[0])

    def scores(self, batch: Batch) -> NDArray[np.float64]:
        """Return the `(n,)` indicators of `(n, d)` architectures."""
        rows = self.supernet.space.validate(batch)
        picked = self.supernet.space.picked(rows)
        return sum((table.at(picked) for table in self._tables), start=np.zeros(len(rows)))


def _tables(blocks: Iterable[NormBlock], scope: Scope) -> list[Elastic]:
    """Return what blocks add to the indicator; those that follow from the same choices are one number."""
    total: dict[tuple[str, ...], Elastic] = {}
    for block in blocks:
        parts = [[_means(norm) for norm in (norms[-1:] if scope == "last" else norms)] for norms in block.candidates]
        added = lift(_picked, block.chosen, *(lift(_sum, *candidate) for candidate in parts))
        before = total.get(added.choices)
        total[added.choices] = added if before is None else lift(np.add, before, added)
    return list(total.values())


def _means(norm: Norm) -> Elastic:
    """Return the mean absolute weight of the channels that an architecture has."""
    weights = norm.module.weight.detach().abs().double().cpu().numpy()
    means = np.cumsum(weights) / np.arange(1, len(weights) + 1)
    return Elastic(norm.channels.choices, means[norm.channels.values - 1])


def _sum(*values: Any) -> Any:
    return sum(values)


def _picked(place: Any, *values: Any) -> Any:
    """Return the value at a place; 0 at -1."""
    return sum((value * (place == number) for number, value in enumerate(values)), start=0.0 * place)
