"""What a network that is searched for may cost."""

from typing import Any

import numpy as np
from torch import Tensor

from ...errors import InvalidOption
from ...spaces import Cost, NetworkSpace
from ...spaces.constraint import parse
from .extremes import extremes

__all__ = ["Target", "bounds"]


def bounds(constraint: str | None) -> dict[str, float]:
    """Return the upper bounds of a constraint by name; none without one.

    Raises:
        InvalidOption: it is no constraint, or bounds anything but `macs` and `params` from above.
    """
    found: dict[str, float] = {}
    for name, relation, bound in parse(constraint) if constraint else ():
        if name not in ("macs", "params") or relation not in ("<=", "<"):
            raise InvalidOption(
                "a search that trains meanwhile knows upper bounds on macs and params; "
                f"{name} {relation} {bound:g} is none."
            )
        found[name] = min(bound, found.get(name, bound))
    return found


class Target:
    """Upper bounds on multiply-accumulates and parameters, as a constraint has them; none without one.

    Args:
        space: the architectures.
        constraint: such as `macs <= 300e6 and params <= 5e6`.

    Raises:
        InvalidOption: it is no constraint, bounds anything else, or no network satisfies it.
    """

    def __init__(self, space: NetworkSpace, constraint: str | None) -> None:
        self.space = space
        self.bounds = bounds(constraint)
        for name, bound in self.bounds.items():
            least = getattr(space.cost(extremes(space, name)), name)[0]  # type: ignore[arg-type]
            if bound < least:
                raise InvalidOption(f"no network of {space.name} has {name} <= {bound:g}; the smallest has {least:,}.")

    def excess(self, cost: Cost) -> Any:
        """Return by how much costs exceed the bounds, as a share of these (FP-NAS's hinge); zero within all of them.

        Args:
            cost: of `(n,)` architectures in numpy, or differentiable scalars in torch.
        """
        total: Any = 0 * cost.macs
        for name, bound in self.bounds.items():
            over = getattr(cost, name) / bound - 1
            total = total + (over.clamp_min(0) if isinstance(over, Tensor) else np.maximum(over, 0))
        return total
