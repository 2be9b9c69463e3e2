"""The moving average of weights, often better than the weights themselves."""

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from ..supernet import Supernet

__all__ = ["averaged"]

Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(supernet: Supernet, decay: float) -> AveragedModel:
    """Return an exponential moving average of a supernet; it follows faster in its first steps.

    It is what a run is evaluated by. What a scheme has beside the supernet is not evaluated, and has no average.
    """

    def average(averages: Tensors, values: Tensors, count: Tensor | int) -> None:
        seen = int(average_net.n_averaged)  # on the processor, unlike `count`, to read which is to wait for a GPU
        torch._foreach_lerp_(averages, values, 1 - min(decay, (1 + seen) / (10 + seen)))

    average_net = AveragedModel(supernet, multi_avg_fn=average)
    return average_net
