"""The training loop of all torch predictors."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .losses import loss_named

__all__ = ["Inputs", "Recipe", "build", "outputs", "train"]

Inputs = tuple[Tensor, ...]
_BLOCK = 2048  # architectures that go through a network at once, of a size for the cache


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained: AdamW, with a tenth of the steps to warm up and a cosine down to nothing.

    Attributes:
        loss: name of the loss.
        epochs: passes over the data.
        learning_rate: the highest step.
        weight_decay: AdamW's decay.
        batch_size: architectures a step, more or less: batches are of equal size.
    """

    loss: str
    epochs: int
    learning_rate: float
    weight_decay: float
    batch_size: int


def build(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Make a network, its initial weights drawn with a seed, and leave the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def train(network: nn.Module, inputs: Inputs, targets: Tensor, recipe: Recipe, seed: int) -> None:
    """Train a network in place.

    Args:
        network: from `(n, ...)` inputs to `(n,)` outputs.
        inputs: tensors with a leading axis of n architectures.
        targets: `(n,)` standardised scores.
        recipe: how.
        seed: of the order of the batches.
    """
    loss = loss_named(recipe.loss)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    batches = max(1, round(len(targets) / recipe.batch_size))
    steps = recipe.epochs * batches

    def share(step: int) -> float:
        return min(10 * (step + 1) / steps, (1 + math.cos(math.pi * step / steps)) / 2)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
    network.train()
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(targets), generator=generator).tensor_split(batches):
            optimizer.zero_grad()
            loss(network(*(x[rows] for x in inputs)), targets[rows]).backward()
            optimizer.step()
            schedule.step()
    optimizer.zero_grad()  # a fitted network is pickled without gradients
    network.eval()


def outputs(network: Callable[..., Tensor], inputs: Inputs) -> Tensor:
    """Return what a network makes of `(n, ...)` inputs, in blocks."""
    with torch.inference_mode():
        return torch.cat([network(*block) for block in zip(*(x.split(_BLOCK) for x in inputs), strict=True)])
