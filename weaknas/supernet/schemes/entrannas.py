"""EnTranNAS: a mixture of all options in a few cells, and in all others what it has come to."""

from dataclasses import dataclass
from string import digits
from typing import Any, ClassVar, Literal

import torch
from torch.optim import Optimizer

from ...distributions import Independent, Thresholded
from ...errors import InvalidOption
from ...spaces import Batch, NetworkSpace, Space
from ..selection import Each, Mix, Path, Selection, active_options
from ..supernet import Supernet
from .base import positive, rates
from .darts import BETAS, Darts
from .step import Step

__all__ = ["EnTranNas", "transit_layers"]


@dataclass
class EnTranNas(Darts):
    """EnTranNAS, and with `sparsify` EnTranNAS-DST (Yang et al., CVPR 2021).

    As `Darts`, but only engine cells run all options: of the cells that share their choices, one. The others, transit
    cells, run what would be derived at the time, so that a step has about the memory of the network that is found, and
    the weights learn in it. Cells or blocks that have choices of their own are all engines, since nothing else would
    teach these choices, and so is what is chosen for no cell, such as a resolution.

    - Without `sparsify` an engine cell weighs its options by their probabilities, and transit cells run the one
      architecture that the space makes of these (`Space.strongest`, as `Darts` derives).
    - With it (differentiable sparsification) an option that is below the threshold of its node has weight 0 and is
      not computed at all; see `Thresholded`. Transit cells add what survives without weights. A node may keep any
      number of inputs. Found is the strongest survivor of each choice, `none` where nothing survives; the supernet
      by `selection` is what was trained itself, and computes exactly what it does with all that is zero taken out.
      What does not survive learns only by its part in the softmax of its choice; where nothing does, not at all.

    Our own judgement: which of the cells that share choices is the engine, how large the thresholds are at first, that
    they have no weight decay, and that the temperature falls in the course of the run, since the loss alone need not
    make anything zero. The rates are DARTS's; the hinge on a constraint is our own, too.

    Args:
        sparsify: whether weights below a learned threshold are zero (EnTranNAS-DST).
        engine: which one of the cells that share choices is the engine, the `first` or the `last`.
        sharing: whether all edges that leave a node share their operations, each computed once.
        threshold: of each node at first, as a share of its largest probability; with `sparsify` only.
        temperature: of the probabilities at first; with `sparsify` only.
        cooling: what the temperature is multiplied by in the whole run.
    """

    sparsify: bool = True
    engine: Literal["first", "last"] = "last"
    sharing: bool = True
    threshold: float = 0.1
    temperature: float = 1.0
    cooling: float = 0.1

    name: ClassVar[str] = "entrannas"

    def prepare(self, space: NetworkSpace, steps: int, seed: int = 0) -> None:
        """Check the options."""
        super().prepare(space, steps, seed)
        positive(self, "threshold", "temperature", "cooling")
        rates(self, "threshold")
        if self.cooling > 1:
            raise InvalidOption(f"cooling of {self.name} is a factor from above 0 to 1, not {self.cooling!r}.")
        if self.engine not in ("first", "last"):
            raise InvalidOption(f"engine of {self.name} is first or last, not {self.engine!r}.")
        for option in ("sparsify", "sharing"):
            if not isinstance(getattr(self, option), bool):
                raise InvalidOption(f"{option} of {self.name} is true or false, not {getattr(self, option)!r}.")

    def make_distribution(self) -> Independent:
        """Return a categorical distribution for each choice, nearly uniform."""
        if not self.sparsify:
            return super().make_distribution()
        return self.nearly_uniform(Thresholded(self.space, self.threshold, self.temperature))

    def attach(self, supernet: Supernet) -> None:
        """Tell the engine cells from the transit cells, and let operations be shared."""
        super().attach(supernet)
        self.transit = transit_layers(self.space, supernet.layers, self.engine)
        if self.sharing:
            supernet.share_features()

    def arch_optimizer(self) -> Optimizer:
        """Return Adam, as DARTS has it; thresholds do not decay."""
        groups: list[dict[str, Any]] = [{"params": [self.distribution.logits]}]
        if isinstance(self.distribution, Thresholded):
            groups.append({"params": [self.distribution.beta], "weight_decay": 0.0})
        return torch.optim.Adam(groups, lr=self.arch_rate, betas=BETAS, weight_decay=self.arch_decay)

    def selection(self) -> Selection:
        """Return what steps run: a mixture in engine cells, and in transit cells what it has come to."""
        weights = self.distribution.weights()
        if self.sparsify:
            active = active_options(weights)
            present = {name: (weight.detach() != 0).to(weight.dtype) for name, weight in weights.items()}
            return self._each(Mix(weights, active=active), Mix(present, active=active))
        return self._each(Mix(weights), Path(self.best()))

    def _each(self, engine: Selection, transit: Selection) -> Selection:
        return Each(dict.fromkeys(self.transit, transit), engine) if self.transit else engine

    def step(self, step: Step) -> None:
        """Train the weights, and let the temperature fall."""
        if isinstance(self.distribution, Thresholded):
            self.distribution.temperature.fill_(self.temperature * self.cooling ** (step.number / self.steps))
        super().step(step)

    def log_search(self, step: Step) -> None:
        """Note also how many options survive, and the mean of the thresholds."""
        super().log_search(step)
        if isinstance(self.distribution, Thresholded):
            step.log("survivors", self.distribution.survivors())
            step.log("threshold", self.distribution.thresholds.mean())

    def mode(self) -> Batch:
        """Return the strongest survivor of each choice, or without `sparsify` what the space makes of probabilities.

        Raises:
            InvalidArchitecture: that is no architecture.
        """
        return self.distribution.mode() if self.sparsify else super().mode()


def transit_layers(space: Space, layers: tuple[str, ...], engine: Literal["first", "last"]) -> tuple[str, ...]:
    """Return which layers of a supernet are transit cells: of those that share their choices, all but one.

    A layer has choices of its own if it is the `layer` of one, or begins it as `cell1` does `cell1.0-2`. One without
    shares its choices with all whose names are equal but for the number at the end: `normal0` and `normal1`.
    """
    own = {choice.layer for choice in space.choices}
    kinds: dict[str, list[str]] = {}
    for layer in layers:
        if not any(name == layer or name.startswith(f"{layer}.") for name in own):
            kinds.setdefault(layer.rstrip(digits), []).append(layer)
    return tuple(layer for kind in kinds.values() for layer in (kind[1:] if engine == "first" else kind[:-1]))
