"""The training loop of all that is learned with torch, and how predictors use it."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from .losses import loss_named

__all__ = ["Inputs", "Minibatches", "TrainingOptions", "build", "outputs", "train", "train_on_scores"]

Inputs = tuple[Tensor, ...]
_BLOCK = 2048  # architectures that go through a network at once, of a size for the cache


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How a network is trained: AdamW, with a tenth of the steps to warm up and a cosine down to nothing.

    Attributes:
        loss: name of the loss.
        epochs: passes over the data.
        learning_rate: the highest learning rate.
        weight_decay: AdamW's decay.
        batch_size: architectures a step, see `Minibatches`.
    """

    loss: str
    epochs: int
    learning_rate: float
    weight_decay: float
    batch_size: int


class Minibatches:
    """Indices of `rows` examples in a new random order each epoch, cut into batches of equal size, more or less.

    Args:
        rows: number of examples.
        epochs: passes over them.
        batch_size: examples a batch, on average; a batch has at least one.
        generator: draws the orders, one at the start of each epoch; None for torch's global one.
    """

    def __init__(self, rows: int, epochs: int, batch_size: int, generator: torch.Generator | None = None) -> None:
        self._rows = rows
        self._epochs = epochs
        self._per_epoch = max(1, round(rows / batch_size))
        self._generator = generator

    def __len__(self) -> int:
        return self._epochs * self._per_epoch

    def __iter__(self) -> Iterator[Tensor]:
        for _ in range(self._epochs):
            yield from torch.randperm(self._rows, generator=self._generator).tensor_split(self._per_epoch)


def build(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Make a network, its initial weights drawn with a seed, and leave the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def train(
    network: nn.Module,
    loss: Callable[[Tensor], Tensor],
    batches: Iterable[Tensor],
    optimizer: Optimizer,
    schedule: LRScheduler,
) -> None:
    """Train a network in place: a step of the optimiser and of its learning rate for every batch.

    Args:
        network: what is trained.
        loss: from the `(b,)` indices of a batch to a scalar.
        batches: the indices of each.
        optimizer: holds the network's parameters.
        schedule: of the optimizer.
    """
    network.train()
    for rows in batches:
        optimizer.zero_grad()
        loss(rows).backward()
        optimizer.step()
        schedule.step()
    optimizer.zero_grad()  # a fitted network is pickled without gradients
    network.eval()


def train_on_scores(network: nn.Module, inputs: Inputs, targets: Tensor, options: TrainingOptions, seed: int) -> None:
    """Train a network in place to predict scores.

    Args:
        network: from `(n, ...)` inputs to `(n,)` outputs.
        inputs: tensors with a leading axis of n architectures.
        targets: `(n,)` standardised scores.
        options: how.
        seed: of the order of the batches.
    """
    loss = loss_named(options.loss)
    batches = Minibatches(len(targets), options.epochs, options.batch_size, torch.Generator().manual_seed(seed))
    optimizer = AdamW(network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay, fused=True)
    steps = len(batches)

    def factor(step: int) -> float:
        return min(10 * (step + 1) / steps, (1 + math.cos(math.pi * step / steps)) / 2)

    train(
        network,
        lambda rows: loss(network(*(x[rows] for x in inputs)), targets[rows]),
        batches,
        optimizer,
        LambdaLR(optimizer, factor),
    )


def outputs(network: Callable[..., Tensor], inputs: Inputs) -> Tensor:
    """Return what a network makes of `(n, ...)` inputs, in blocks."""
    with torch.inference_mode():
        return torch.cat([network(*block) for block in zip(*(x.split(_BLOCK) for x in inputs), strict=True)])
