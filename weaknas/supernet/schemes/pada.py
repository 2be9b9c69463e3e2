"""PA&DA's sampling of paths: options in proportion to the gradients of the paths that have them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...distributions import Independent
from ...errors import InvalidOption
from ...spaces import Batch, NetworkSpace
from ..selection import Path
from ..supernet import Supernet
from .base import Scheme, rates
from .step import Step

__all__ = ["PaDa"]


@dataclass
class PaDa(Scheme):
    """Single paths, drawn by the norms of their gradients (after Lu et al., CVPR 2023; paths only, not images).

    The variance of a step's gradient is least where paths are drawn in proportion to the norms of their gradients. Of
    a distribution with independent choices this is taken option by option: the norm that counts for an option is the
    running mean over the paths that had it, of all gradients of the path. So options without weights and those that
    share them, such as kernels, are compared alike, and no family is asked which weights are whose. This form, the
    mixture with uniform sampling, and that losses are not weighed against it, are ours.

    Args:
        uniform: the share of uniform sampling, from 0 to 1; with 1 it is `spos`.
        decay: how much of an option's norm is kept when a path has it.
    """

    uniform: float = 0.5
    decay: float = 0.9

    name: ClassVar[str] = "pada"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        rates(self, "decay")
        if not isinstance(self.uniform, int | float) or not 0 <= self.uniform <= 1:
            raise InvalidOption(f"uniform of {self.name} is a share from 0 to 1, not {self.uniform!r}.")
        self._paths = Independent(space).requires_grad_(False)
        self._norms = np.zeros(space.options.sum())  # 0 until a path has had the option
        self._first = np.append(0, space.options.cumsum()[:-1])

    def step(self, step: Step) -> None:
        """Train one path on the labels, and note the norm of its gradients."""
        row = self._paths.sample(1, step.rng)
        step.backward("loss", step.hard(step.logits(Path(row))))
        norm = float(step.mean(_norm(step.supernet)))  # alike on all processes, which draw alike
        step.log("norm", norm)
        self._note(row, norm)

    def _note(self, row: Batch, norm: float) -> None:
        """Add a norm to the means of a path's options, those of choices that have a meaning in it."""
        had = (self._first + row[0])[self._paths.space.matters(row)[0]]
        before = np.where(self._norms[had] > 0, self._norms[had], norm)
        self._norms[had] = self.decay * before + (1 - self.decay) * norm
        self._draw_by_norms()

    def _draw_by_norms(self) -> None:
        shares = [self._shares(norms) for norms in np.split(self._norms, self._first[1:])]
        self._paths.logits.copy_(torch.from_numpy(np.log(np.concatenate(shares))))

    def _shares(self, norms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities of a choice's options; those not seen yet are as the mean of the others."""
        seen = norms > 0
        known = np.where(seen, norms, norms[seen].mean() if seen.any() else 1.0)
        return self.uniform / len(norms) + (1 - self.uniform) * known / known.sum()

    def state(self) -> dict[str, Any]:
        """Return the norms of all options."""
        return {"norms": torch.from_numpy(self._norms.copy())}

    def restore(self, state: Mapping[str, Any], supernet: Supernet) -> None:
        """Take the norms back."""
        self._norms = state["norms"].numpy().copy()
        self._draw_by_norms()


def _norm(supernet: Supernet) -> Tensor:
    """Return the norm of all gradients there are."""
    found: Any = torch._foreach_norm([value.grad for value in supernet.parameters() if value.grad is not None])
    return torch.stack(found).norm()
