"""Coefficients that become exactly zero: the proximal operator of the sparse group lasso, and its optimisers.

The sparse supernet (Wu et al., AAAI 2021, arXiv 2007.16112) is regularised by

    lam1 * ||a||_1 + lam2 * sum over groups g of sqrt(|g|) * ||a_g||_2

whose proximal operator sets single coefficients and whole groups to zero, where the gradient of a penalty would only
make them small. Groups are lists of indices; two of them have nothing in common, or the earlier lies within the later.
The optimisers' names and steps are the paper's as a survey has them, not checked against its text.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..errors import InvalidOption

__all__ = ["AdamHapg", "Hapg", "prox"]

Groups = Sequence[Sequence[int] | Tensor]


def prox(u: Tensor, eta: Tensor | float, lam1: float, lam2: float, groups: Groups) -> Tensor:
    """Return the `(n,)` v that minimises `||v - u||^2 / (2 eta)` and the sparse group lasso of v.

    A soft threshold, then each group is shrunk: exact for groups that are nested, the inner ones first (Jenatton et
    al., JMLR 2011).

    Args:
        u: `(n,)` where a step of the gradient leads.
        eta: size of the step, a number or `(n,)`, the same all over a group: with a size for each entry the two
            shrinkages one after the other would not be the minimiser.
        lam1: weight of the absolute values.
        lam2: weight of the groups' norms.
        groups: indices, as the module says.
    """
    sizes = torch.as_tensor(eta, dtype=u.dtype, device=u.device).expand_as(u)
    v = u.sign() * (u.abs() - sizes * lam1).clamp_min(0)
    for group in groups if lam2 else ():
        part = v[group]
        norm = part.norm().clamp_min(torch.finfo(u.dtype).tiny)
        v[group] = part * (1 - sizes[group][0] * lam2 * sqrt(len(group)) / norm).clamp_min(0)
    return v


class Hapg(Optimizer):
    """Hierarchical accelerated proximal gradient: FISTA on a loss and the sparse group lasso.

    The gradient is that at the extrapolated point, so each step has two halves:

        optimizer.extrapolate()     # y_t = a_t + (t - 1) / (t + 2) * (a_t - a_{t-1}) stands in the parameter
        loss().backward()
        optimizer.step()            # a_{t+1} = prox(y_t - lr * gradient) stands there, with exact zeros

    Without the first half it is the unaccelerated method (ISTA).

    Args:
        coefficients: `(n,)` the parameter.
        groups: indices, as the module says.
        lr: size of a step.
        lam1: weight of the absolute values; like `lr` and `lam2` it may be changed in `param_groups`.
        lam2: weight of the groups' norms.
        keep_zeros: whether what is exactly zero remains so, which is our own form: an option that is not computed has
            no gradient by which it could return.

    Raises:
        InvalidOption: groups cross, or the outer one comes first.
    """

    def __init__(
        self,
        coefficients: nn.Parameter,
        groups: Sequence[Sequence[int]],
        lr: float,
        lam1: float = 0.0,
        lam2: float = 0.0,
        *,
        keep_zeros: bool = False,
    ) -> None:
        self.coefficients, self.groups, self.keep_zeros = coefficients, [list(group) for group in groups], keep_zeros
        self._indices = [torch.tensor(group, device=coefficients.device) for group in self.groups]
        self._outermost = _outermost(self.groups, len(coefficients)).to(coefficients.device)
        self._before: Tensor | None = None
        super().__init__([coefficients], {"lr": lr, "lam1": lam1, "lam2": lam2})

    @torch.no_grad()
    def extrapolate(self) -> None:
        """Put y_t in place of a_t, until `step`."""
        state, value = self.state[self.coefficients], self.coefficients
        self._before = value.clone()
        if state:
            ahead = state["step"] / (state["step"] + 3)  # t is one more than the steps taken
            value.add_((value - state["previous"]) * self._free(value), alpha=ahead)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step from where the gradient was evaluated; no gradient is one of zero."""
        with torch.enable_grad():
            loss = None if closure is None else closure()
        state, value, options = self.state[self.coefficients], self.coefficients, self.param_groups[0]
        before = value.clone() if self._before is None else self._before
        state["step"] = state.get("step", 0) + 1
        free = self._free(before)
        gradient = torch.zeros_like(value) if value.grad is None else value.grad * free
        direction, eta = self._direction(gradient, free, state, options["lr"])
        self._last = value - eta * direction, eta
        state["previous"], self._before = before, None
        value.copy_(self.shrunk(1.0))
        return loss

    def shrunk(self, factor: float) -> Tensor:
        """Return `(n,)` what the last step would have come to with `lam1` and `lam2` a factor of what they are."""
        options = self.param_groups[0]
        return prox(*self._last, factor * options["lam1"], factor * options["lam2"], self._indices)

    def _free(self, value: Tensor) -> Tensor:
        """Return `(n,)` which coefficients may change, as ones and zeros."""
        return (value != 0).to(value.dtype) if self.keep_zeros else torch.ones_like(value)

    def _direction(
        self, gradient: Tensor, free: Tensor, state: dict[str, Any], lr: float
    ) -> tuple[Tensor, Tensor | float]:
        """Return `(n,)` the direction to descend from and the size of the step, a number or `(n,)`."""
        return gradient, lr


class AdamHapg(Hapg):
    """`Hapg` with Adam's moments, and one step size for each outermost group.

    Adam's own step sizes differ from entry to entry, for which `prox` would not be exact. One for a whole group keeps
    it so. It is `lr` by the mean of Adam's denominators in the group, the harmonic mean of its step
    sizes (our own form: in the arithmetic mean one entry with hardly a gradient would decide for all).

    Args:
        coefficients: see `Hapg`, as for all that follows but `betas` and `eps`.
        groups: indices.
        lr: about how far the coefficients of a group move in a step, on average.
        lam1: weight of the absolute values.
        lam2: weight of the groups' norms.
        keep_zeros: whether what is exactly zero remains so.
        betas: decay of the means of gradients and of their squares; DARTS has these for its architectures.
        eps: added to the denominators.

    Raises:
        InvalidOption: groups cross, or the outer one comes first.
    """

    def __init__(
        self,
        coefficients: nn.Parameter,
        groups: Sequence[Sequence[int]],
        lr: float,
        lam1: float = 0.0,
        lam2: float = 0.0,
        *,
        keep_zeros: bool = False,
        betas: tuple[float, float] = (0.5, 0.999),
        eps: float = 1e-8,
    ) -> None:
        self.betas, self.eps = betas, eps
        super().__init__(coefficients, groups, lr, lam1, lam2, keep_zeros=keep_zeros)

    def _direction(
        self, gradient: Tensor, free: Tensor, state: dict[str, Any], lr: float
    ) -> tuple[Tensor, Tensor | float]:
        moments = []
        for name, now, beta in zip(("mean", "square"), (gradient, gradient.square()), self.betas, strict=True):
            state[name] = beta * state.get(name, torch.zeros_like(now)) + (1 - beta) * now
            moments.append(state[name] / (1 - beta ** state["step"]))
        mean, square = moments
        which, zeros = self._outermost, torch.zeros_like(gradient)
        total = zeros.index_add(0, which, free * (square.sqrt() + self.eps))
        return mean * free, lr * (zeros.index_add(0, which, free) / total.clamp_min(self.eps))[which]


def _outermost(groups: list[list[int]], n: int) -> Tensor:
    """Return `(n,)` an index for each entry that those of an outermost group share, one of its own for any other.

    Raises:
        InvalidOption: groups cross, or the outer one comes first.
    """
    which = torch.arange(n)
    for place, group in enumerate(groups):
        for earlier in groups[:place]:
            if set(earlier) & set(group) and not set(earlier) <= set(group):
                raise InvalidOption(
                    f"the groups {earlier} and {group} cross; of two groups with a common entry the first is within "
                    "the second."
                )
        which[group] = group[0]
    return which
