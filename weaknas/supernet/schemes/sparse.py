"""The sparse supernet: options are left out for good, and any number of a choice's options may remain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ...distributions import AdamHapg, Hapg, Raw
from ...errors import InvalidOption, WeaknasError
from ...spaces import Batch, Choice, NetworkSpace
from ..selection import Mix, active_options
from ..supernet import Supernet
from .base import Scheme, positive, rates
from .searching import freeze_norms, refuse_single
from .step import Step

__all__ = ["Sparse"]

_KINDS = {"adam-hapg": AdamHapg, "hapg": Hapg}
_EVERY = 10  # steps; see `Searching`
_BISECTIONS = 12


def _mix(weights: Mapping[str, Tensor]) -> Mix:
    return Mix(weights, active=active_options(weights))


@dataclass
class Sparse(Scheme):
    """Mixed-path search by sparse coefficients (Wu et al., AAAI 2021, arXiv 2007.16112).

    A step runs one mixture. Its coefficients are any real numbers, regularised by a sparse group lasso whose proximal
    operator sets some of them to exactly zero; their options are not computed any more, so steps become cheaper.
    Weights learn on one half of the images, coefficients on the other (first order). What the run comes to is the
    mixture that is left (`selection`), a network of several paths; `derive` is one architecture of it, of each choice
    the strongest option, `none` where all are zero.

    Our own form, as far as the paper is known: a group is all options of the choices whose results meet in one
    node (`space.nodes`). Options do not return: what is not computed has no gradient. AdamHAPG has one step size a
    group; see `weaknas.distributions.proximal`. The coefficient of an option `none` is zero from the start and does
    not count. A choice without `none`, such as of a width, keeps its strongest option with the coefficient that it
    had where the operator would set all to zero. All numbers below are ours.

    Args:
        lam1: weight of the coefficients' absolute values, which leaves single options out.
        lam2: weight of the groups' norms, which leaves whole nodes out.
        optimizer: of the coefficients, `adam-hapg` or `hapg`.
        arch_rate: its step size.
        arch_share: the share of the images that only the coefficients learn from.
        frozen: the share of the run before the coefficients begin to learn.
        ramp: the share of the run, after that, in which `lam1` and `lam2` rise evenly to their values.
    """

    lam1: float = 0.01
    lam2: float = 0.01
    optimizer: Literal["adam-hapg", "hapg"] = "adam-hapg"
    arch_rate: float = 0.003
    arch_share: float = 0.5
    frozen: float = 0.1
    ramp: float = 0.0
    name: ClassVar[str] = "sparse"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        rates(self, "arch_share", "frozen", "ramp")
        positive(self, "arch_rate")
        positive(self, "lam1", "lam2", zero=True)
        if self.optimizer not in _KINDS:
            raise InvalidOption(f"optimizer of sparse is {' or '.join(_KINDS)}, not {self.optimizer!r}.")
        if self.frozen + self.ramp > 1:
            raise InvalidOption(f"frozen and ramp of sparse are parts of one run, and together not above 1: {self}.")
        refuse_single(space)
        self.space, self.steps = space, steps
        self.first = round(self.frozen * steps)

    def attach(self, supernet: Supernet) -> None:
        """Make the coefficients; scales of normalisations are frozen, which would undo theirs."""
        freeze_norms(supernet)
        self.supernet, self.raw = supernet, Raw(self.space)
        for choice in self.space.choices:
            if choice.none is not None:
                self.weights()[choice.name][choice.none] = 0

    def modules(self) -> Mapping[str, nn.Module]:
        """Return the coefficients."""
        return {"coefficients": self.raw}

    def arch_optimizer(self) -> Hapg:
        """Return the proximal optimiser, each of whose steps is looked at once it is taken."""
        kind = _KINDS[self.optimizer]
        self.descent = kind(self.raw.coefficients, self._groups(), self.arch_rate, keep_zeros=True)
        self.descent.register_step_post_hook(lambda *_: self._look())
        return self.descent

    def _groups(self) -> list[list[int]]:
        """Return the indices of the coefficients of each node, without those of `none`."""
        indices = self.raw.by_choice(torch.arange(len(self.raw.coefficients)))

        def searched(choice: Choice) -> list[int]:
            return [i for number, i in enumerate(indices[choice.name].tolist()) if number != choice.none]

        groups = ([i for choice in node for i in searched(choice)] for node in self.space.nodes.values())
        return [group for group in groups if group]

    def searches(self, number: int) -> bool:
        """Return whether the coefficients learn yet."""
        return number >= self.first

    def step(self, step: Step) -> None:
        """Train the weights of what is left."""
        step.backward("loss", step.hard(step.logits(_mix(self.raw.weights()))))

    def arch_step(self, step: Step) -> None:
        """Train the coefficients at the point to which the last steps lead on."""
        self._log(step)
        done = (step.number + 1 - self.first) / (self.ramp * self.steps) if self.ramp else 1.0
        for name in ("lam1", "lam2"):
            self.descent.param_groups[0][name] = getattr(self, name) * min(done, 1.0)
        self.number = step.number
        self.descent.extrapolate()
        step.backward("arch_loss", step.hard(step.logits(_mix(self.raw.weights()))))

    def _log(self, step: Step) -> None:
        """Note how much is left, and every few steps what would be derived costs."""
        left = active_options(self.raw.weights())
        options = sum(int(mask.sum()) for mask in left.values())
        total = sum(len(choice.options) - (choice.none is not None) for choice in self.space.choices)
        step.log("options_left", options)
        step.log("choices_left", sum(bool(mask.any()) for mask in left.values()))
        step.log("nodes_left", sum(any(left[c.name].any() for c in node) for node in self.space.nodes.values()))
        step.log("zeros", 1 - options / total)
        if step.number % _EVERY == 0 or step.number in (self.first, self.steps - 1):
            found = self.space.cost(self.derive())
            step.log("found_macs", float(found.macs[0]))
            step.log("found_params", float(found.params[0]))

    def weights(self) -> Mapping[str, Tensor]:
        """Return the coefficients."""
        return self.raw.by_choice(self.raw.coefficients.detach())

    def selection(self) -> Mix:
        """Return the mixture that is left."""
        return _mix(self.weights())

    def derive(self) -> Batch:
        """Return the strongest option of each choice, `none` where all are zero."""
        return self._strongest(self.weights())

    def _strongest(self, weights: Mapping[str, Tensor]) -> Batch:
        """Return the row of the largest absolute weights."""
        row = np.zeros((1, len(self.space.choices)), dtype=np.int8)
        for column, choice in enumerate(self.space.choices):
            strengths = weights[choice.name].abs().cpu().numpy()
            row[0, column] = strengths.argmax() if strengths.any() else choice.none or 0
        return row * self.space.matters(row)

    @torch.no_grad()
    def _look(self) -> None:
        """Keep an option where one must be, and refuse to go on with nothing between input and output."""
        now = self.raw.coefficients
        before = self.descent.state[now]["previous"]
        now.copy_(self._kept(now, before))
        if (now != 0).equal(before != 0) or self._connects(now):
            return
        part, whole = 0.0, 1.0
        for _ in range(_BISECTIONS):
            middle = (part + whole) / 2
            leaves = self._connects(self._kept(self.descent.shrunk(middle), before))
            part, whole = (middle, whole) if leaves else (part, middle)
        lam1, lam2 = (self.descent.param_groups[0][name] for name in ("lam1", "lam2"))
        raise WeaknasError(
            f"step {self.number + 1} with lam1={lam1:.3g} and lam2={lam2:.3g} leaves no path through "
            f"{self.space.name}; {part:.2%} of them would have left one; begin another run with smaller ones."
        )

    def _kept(self, after: Tensor, before: Tensor) -> Tensor:
        """Return coefficients in which each choice without `none` has an option: its strongest, as it was before."""
        kept = after.clone()
        parts, were = self.raw.by_choice(kept), self.raw.by_choice(before)
        left = active_options(parts)
        for choice in self.space.choices:
            if choice.none is None and not left[choice.name].any():
                place = were[choice.name].abs().argmax()
                parts[choice.name][place] = were[choice.name][place]  # a view of all
        return kept

    def _connects(self, coefficients: Tensor) -> bool:
        """Return whether anything is left from input to output: an architecture, and a mixture to be taken out."""
        weights = self.raw.by_choice(coefficients)
        if not coefficients.any() or not self.space.is_valid(self._strongest(weights)).all():
            return False
        try:
            self.supernet.pruned(_mix(weights))
        except WeaknasError as error:
            return isinstance(error, InvalidOption)  # the family cannot say
        return True
