"""What the schemes that learn a distribution over architectures have in common."""

import os.path
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from ...distributions import Categorical, Independent
from ...errors import InvalidArchitecture, InvalidOption
from ...spaces import Batch, NetworkSpace
from ..probabilities import read_probabilities, shared
from ..supernet import Supernet
from .base import Scheme, positive, rates
from .extremes import extremes
from .step import Step
from .target import Target

__all__ = ["Searching", "freeze_norms", "refuse_single"]

_DRAWN = 1000
_TINY = 1e-12
_EVERY = 10  # steps; a row of the metrics is the mean of as many


@dataclass
class Searching(Scheme):
    """Learns the weights of a supernet and a distribution over its architectures in turn.

    Args:
        constraint: bounds on what the network found may cost, such as `macs <= 300e6`; what exceeds them is made less
            likely, and what is found keeps to them.
        beta: weight of the excess in the loss of the architectures.
        arch_rate: learning rate of the distribution (Adam).
        arch_decay: weight decay of the distribution.
        arch_share: the share of the images that only the distribution learns from.
        frozen: the share of the run before the distribution begins to learn: fresh weights say nothing of
            architectures.
        fixed: whether the weights stay as they are, so that only the distribution is learned: with `--weights`, a
            search of a supernet that was trained before.
        prior: the folder of another run, perhaps of a cheaper search, with whose probabilities this one begins, as
            far as both have the same choices.
    """

    constraint: str | None = None
    beta: float = 1.0
    arch_rate: float = 0.01
    arch_decay: float = 0.0
    arch_share: float = 0.5
    frozen: float = 0.1
    fixed: bool = False
    prior: str | None = None

    # Running statistics of a supernet are never read.
    supernet_options: ClassVar[Mapping[str, Any]] = {"bn_momentum": 0.0}

    def __post_init__(self) -> None:
        """Make the path of the prior absolute, so that a run goes on from any directory."""
        if isinstance(self.prior, str):
            self.prior = os.path.abspath(self.prior)

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        rates(self, "arch_share", "frozen")
        positive(self, "arch_rate")
        positive(self, "beta", "arch_decay", zero=True)
        if not (self.prior is None or isinstance(self.prior, str)):
            raise InvalidOption(f"prior of {self.name} is a path, not {self.prior!r}.")
        if not isinstance(self.fixed, bool):
            raise InvalidOption(f"fixed of {self.name} is true or false, not {self.fixed!r}.")
        refuse_single(space)
        self.space, self.steps, self.seed = space, steps, seed
        self.target = Target(space, self.constraint)
        self.first = round(self.frozen * steps)

    @abstractmethod
    def make_distribution(self) -> Independent:
        """Return what is learned, with all architectures alike."""

    def attach(self, supernet: Supernet) -> None:
        """Make the distribution."""
        if self.fixed:
            supernet.requires_grad_(False)
        self.distribution: Categorical = self.make_distribution()
        if self.prior is not None:
            self.distribution.begin_with(self._prior(self.prior))

    def _prior(self, folder: str) -> Mapping[str, NDArray[np.float64]]:
        found = shared(read_probabilities(folder), self.space)
        if not found:
            raise InvalidOption(f"the search in {folder} has no choice in common with {self.space.name}.")
        return found

    def modules(self) -> Mapping[str, nn.Module]:
        """Return the distribution."""
        return {"distribution": self.distribution}

    def arch_optimizer(self) -> Optimizer:
        """Return Adam, as PARSEC and FBNet have it."""
        return torch.optim.Adam(self.distribution.parameters(), lr=self.arch_rate, weight_decay=self.arch_decay)

    def step(self, step: Step) -> None:
        """Train the weights, unless they are fixed."""
        if not self.fixed:
            self.train_weights(step)

    @abstractmethod
    def train_weights(self, step: Step) -> None:
        """Add the gradients of the weights."""

    def searches(self, number: int) -> bool:
        """Return whether the distribution learns yet."""
        return number >= self.first

    def hinge(self, weights: Mapping[str, Tensor]) -> Tensor | float:
        """Return the excess of a mixture's expected cost over the constraint, times `beta`; 0 without a constraint."""
        if not self.target.bounds:
            return 0.0
        excess: Tensor = self.target.excess(self.space.expected_cost(weights))
        return self.beta * excess

    def log_search(self, step: Step) -> None:
        """Note the entropy, and every few steps what networks cost that are drawn, and the one that would be found."""
        step.log("entropy", self.distribution.entropy())
        if step.number % _EVERY == 0 or step.number in (self.first, self.steps - 1):
            with torch.no_grad():
                expected = self.distribution.expected_cost()
            found = self.space.cost(self.derive())
            for name in ("macs", "params"):
                step.log(f"expected_{name}", getattr(expected, name))
                step.log(f"found_{name}", float(getattr(found, name)[0]))

    def weights(self) -> Mapping[str, Tensor]:
        """Return the probabilities of each choice's options."""
        return {name: weight.detach() for name, weight in self.distribution.weights().items()}

    @torch.no_grad()
    def best(self) -> Batch:
        """Return the architecture that the distribution points at, whatever it costs: a batch of one.

        Where `mode` makes none, it is the likeliest of some that are drawn.
        """
        try:
            return self.mode()
        except InvalidArchitecture:
            drawn = self.distribution.sample(_DRAWN, np.random.default_rng(self.seed))
            return drawn[[int(self.distribution.log_prob(drawn).argmax())]]

    def mode(self) -> Batch:
        """Return the likeliest architecture, as a batch of one.

        Raises:
            InvalidArchitecture: the likeliest options together make none.
        """
        return self.distribution.mode()

    @torch.no_grad()
    def derive(self) -> Batch:
        """Return the architecture that the distribution points at, made to keep to the constraint.

        While it costs too much, one option is changed: the one that takes away most of the excess for what it loses in
        log-probability.
        """
        row = self.best()
        while (excess := self._excess(row))[0] > 0:
            rows = self.space.neighbors(row)
            gains = excess - self._excess(rows)
            rows, gains = rows[gains > 0], gains[gains > 0]
            if not len(rows):
                smallest: Batch = extremes(self.space)[:1]
                return smallest
            losses = (self.distribution.log_prob(row) - self.distribution.log_prob(rows)).cpu().numpy()
            row = rows[[int(np.where(losses > 0, gains / np.maximum(losses, _TINY), np.inf).argmax())]]
        return row

    def _excess(self, batch: Batch) -> NDArray[np.float64]:
        excess: NDArray[np.float64] = self.target.excess(self.space.cost(batch))
        return excess


def refuse_single(space: NetworkSpace) -> None:
    """Refuse a space with nothing to choose.

    Raises:
        InvalidOption: it is a single architecture.
    """
    if not any(len(choice.options) > 1 for choice in space.choices):
        raise InvalidOption(f"there is nothing to search for in {space.name}: it is a single architecture.")


def freeze_norms(supernet: nn.Module) -> None:
    """Freeze the scale and shift of every batch normalisation, which DARTS has none of while it searches.

    A free scale would undo the weights of a mixture.
    """
    for module in supernet.modules():
        if isinstance(module, _BatchNorm):
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(False)
