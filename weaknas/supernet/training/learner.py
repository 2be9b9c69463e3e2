"""Parameters in training, and their optimiser."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from .processes import Processes

__all__ = ["Learner"]


class Learner:
    """What one kind of step trains: the weights, or the parameters of architectures.

    Args:
        optimizer: of the parameters.
        processes: over which gradients are averaged.
        clip: the largest absolute gradient, larger ones are cut to it; 0 for no limit.

    Attributes:
        optimizer: as given.
        parameters: all that it changes.
    """

    def __init__(self, optimizer: Optimizer, processes: Processes, clip: float = 0.0) -> None:
        self.optimizer, self._processes, self._clip = optimizer, processes, clip
        self.parameters: list[nn.Parameter] = [value for group in optimizer.param_groups for value in group["params"]]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within the block the parameters get no gradients."""
        for value in self.parameters:
            value.requires_grad_(False)
        try:
            yield
        finally:
            for value in self.parameters:
                value.requires_grad_(True)

    def update(self, rate: float | None = None) -> None:
        """Change the parameters by their gradients, averaged over all processes in one exchange.

        Args:
            rate: the learning rate; as the optimiser has it by default.
        """
        self._processes.average_gradients(self.parameters)
        if self._clip and (learning := [value for value in self.parameters if value.grad is not None]):
            nn.utils.clip_grad_value_(learning, self._clip, foreach=True)
        if rate is not None:
            for group in self.optimizer.param_groups:
                group["lr"] = rate
        self.optimizer.step()

    @property
    def rate(self) -> float:
        """The learning rate of the last step."""
        rate: float = self.optimizer.param_groups[0]["lr"]
        return rate

    def is_sound(self) -> bool:
        """Return whether all parameters are finite."""
        if not self.parameters:  # all weights are frozen
            return True
        norms: Any = torch._foreach_norm([value.detach() for value in self.parameters])
        return bool(torch.stack(norms).isfinite().all())
