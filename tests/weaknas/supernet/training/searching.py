"""A scheme that uses all that a scheme can have; a plain file, as a user's."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from weaknas.spaces import Batch, NetworkSpace
from weaknas.supernet import Mix, Path, Supernet
from weaknas.supernet.schemes import Scheme, Step


class Theta(nn.Module):
    """Logits of the options of each choice, drawn at random; by another temperature from the second phase on."""

    def __init__(self, space: NetworkSpace, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.logits = nn.ParameterDict({
            choice.name.replace(".", "_"): torch.randn(len(choice.options)) for choice in space.choices
        })  # fmt: skip
        self.names = [choice.name for choice in space.choices]

    def weights(self) -> dict[str, torch.Tensor]:
        values = [(logits / self.temperature).softmax(0) for logits in self.logits.values()]
        return dict(zip(self.names, values, strict=True))

    def mode(self) -> Batch:
        return np.array([[int(logits.argmax()) for logits in self.logits.values()]], dtype=np.int8)


@dataclass
class Searching(Scheme):
    """Trains random paths, a head that tells two views apart, and mixtures; a teacher follows, in two phases.

    Args:
        first: the first step that an architecture step follows.
        second: the first step of the second phase.
        arch_share: see `Scheme`.
    """

    first: int = 3
    second: int = 8
    arch_share: float = 0.25

    name: ClassVar[str] = "searching"
    views: ClassVar[int] = 2
    optimisation: ClassVar[Mapping[str, Any]] = {"clip": 1.0}

    def attach(self, supernet: Supernet) -> None:
        self.space, self.taught, self.phase = supernet.space, 0, 1
        next(supernet.parameters()).requires_grad_(False)
        self.head = nn.Linear(supernet.space.classes, 2)
        self.teacher = deepcopy(supernet).requires_grad_(False)
        self.theta = Theta(self.space, 1.0)

    def modules(self) -> Mapping[str, nn.Module]:
        return {"theta": self.theta, "head": self.head, "teacher": self.teacher}

    def arch_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.theta.parameters(), lr=0.1)

    def searches(self, number: int) -> bool:
        return number >= self.first

    def begin(self, number: int, supernet: Supernet) -> bool:
        if number != self.second:
            return False
        self._second_phase()
        return True

    def _second_phase(self) -> None:
        self.phase, before = 2, self.theta
        self.theta = Theta(self.space, 0.5)
        self.theta.load_state_dict(before.state_dict())

    def step(self, step: Step) -> None:
        row = Path(self.space.sample(1, step.rng))
        taught = step.teach(self.teacher, row)
        logits = torch.cat([step.supernet(view, row) for view in step.views])
        kinds = torch.arange(2).repeat_interleave(len(step.images))
        step.backward("loss", step.hard(logits[: len(taught)]) + (logits[: len(taught)] - taught).square().mean())
        step.backward("kind", nn.functional.cross_entropy(self.head(logits.detach()), kinds))
        with torch.no_grad():
            for slow, fast in zip(self.teacher.parameters(), step.supernet.parameters(), strict=True):
                slow.lerp_(fast, 0.1)
        self.taught += 1
        step.log("taught", self.taught)

    def arch_step(self, step: Step) -> None:
        weights = self.theta.weights()
        step.backward("arch_loss", (1 + step.rng.random()) * step.hard(step.logits(Mix(weights))))
        step.log("sharpness", torch.stack([weight.max() for weight in weights.values()]).mean())

    def derive(self) -> Batch:
        return self.space.canonical(self.theta.mode())

    def state(self) -> dict[str, Any]:
        return {"taught": self.taught, "phase": self.phase}

    def restore(self, state: Mapping[str, Any], supernet: Supernet) -> None:
        self.taught = state["taught"]
        if state["phase"] == 2:
            self._second_phase()
