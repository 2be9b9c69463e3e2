"""Training a group of networks, and what is measured on the way."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from weaknas.spaces import Batch, NasBench201

from .build_spec import RUNS_PER_BLOCK
from .cost import cost
from .distortions import Distorted
from .network import Group

__all__ = ["LearningCurves", "measure", "new_network", "train"]

_SPLITS = ("valid", "test")
Values = NDArray[np.float32]
_CHUNK = 256  # images measured at once
_CALIBRATION = 512  # training images that the normalisation's final statistics are taken from


@dataclass(frozen=True, slots=True)
class LearningCurves:
    """What was measured of `m` networks at `f` fidelities, the last of them the end of their training.

    Attributes:
        epochs: the `f` fidelities.
        accuracy: `(m, f)` percent, of `valid` and `test`.
        loss: `(m, f)` cross-entropy in nats, of `valid` and `test`.
        seconds: `(m,)` seconds of training, without the measuring. On a CPU seconds of one core; those of a
            group are divided among its members in proportion to their MACs.
    """

    epochs: tuple[int, ...]
    accuracy: dict[str, Values]
    loss: dict[str, Values]
    seconds: NDArray[np.float64]


def measure(rows: Batch, runs: Sequence[int], data: Distorted, epochs: int | None = None) -> LearningCurves:
    """Train `(n, 6)` architectures, each once for every run; members are ordered by row, then run.

    On a CPU the runs of one architecture are trained side by side, which is fastest there, always in complete blocks:
    convolutions round differently in groups of different sizes, and a run is to give the same bits whichever other
    runs are asked for. On a GPU all architectures are trained at once.
    """
    starts = sorted({run - run % RUNS_PER_BLOCK for run in runs})
    blocks = [np.arange(start, start + RUNS_PER_BLOCK) for start in starts]
    if data.device.type == "cpu":
        groups = [(row[None], block) for row in rows for block in blocks]
    else:
        groups = [(rows, np.concatenate(blocks))]
    trained = [train(archs.repeat(len(block), 0), np.tile(block, len(archs)), data, epochs) for archs, block in groups]
    wanted = np.tile(np.isin(np.concatenate(blocks), runs), len(rows))

    def join(arrays: Iterable[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(list(arrays))[wanted]

    return LearningCurves(
        trained[0].epochs,
        {split: join(group.accuracy[split] for group in trained) for split in _SPLITS},
        {split: join(group.loss[split] for group in trained) for split in _SPLITS},
        join(group.seconds for group in trained),
    )


def train(rows: Batch, runs: NDArray[np.int64], data: Distorted, epochs: int | None = None) -> LearningCurves:
    """Train networks side by side; what comes of one does not depend on the others.

    Args:
        rows: `(m, 6)` NAS-Bench-201 architecture of each network.
        runs: `(m,)` run of each: it seeds, alone, the order and distortion of the training images, and with the
            architecture the initial parameters.
        data: the images, which also carry the recipe and the device.
        epochs: epochs of the recipe's schedule to go; all of them if None.
    """
    recipe = data.recipe
    last = recipe.epochs if epochs is None else epochs
    network = new_network(rows, runs, data)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=True,
        fused=True,
    )
    steps = math.ceil(len(data.images.y["train"]) / recipe.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * steps)
    fidelities = (*(e for e in recipe.fidelities if e < last), last)
    measured: list[dict[str, tuple[Values, Values]]] = []
    seconds = 0.0
    for epoch in range(last):
        images, labels = _stacked(data, runs, epoch)
        before = _clock(data.device)
        _one_epoch(network, optimizer, schedule, images, labels, recipe.batch)
        seconds += _clock(data.device) - before
        if epoch + 1 in fidelities:
            copies = recipe.copies if epoch + 1 == recipe.epochs else recipe.early_copies
            with torch.inference_mode():
                network(images[:_CALIBRATION])  # statistics for the normalisation
                measured.append(_measure(network, data, copies))
    return LearningCurves(
        fidelities,
        {split: np.stack([at[split][0] for at in measured], axis=1) for split in _SPLITS},
        {split: np.stack([at[split][1] for at in measured], axis=1) for split in _SPLITS},
        seconds * _shares(rows, data),
    )


def new_network(rows: Batch, runs: NDArray[np.int64], data: Distorted) -> Group:
    """Return networks that are to be trained side by side; see `train`."""
    shape = data.images
    return Group(rows, _generators(rows, runs), shape.channels, shape.classes, data.recipe.width).to(data.device)


def _generators(rows: Batch, runs: NDArray[np.int64]) -> list[torch.Generator]:
    codes = NasBench201().code(rows)
    return [
        torch.Generator().manual_seed((run << 32) + code)
        for run, code in zip(runs.tolist(), codes.tolist(), strict=True)
    ]


def _stacked(data: Distorted, runs: NDArray[np.int64], epoch: int) -> tuple[Tensor, Tensor]:
    """Return an epoch's images `(n, m * channels, side, side)`, channels last, and labels `(m, n)`."""
    each = {run: data.epoch(run, epoch) for run in set(runs.tolist())}
    images = torch.cat([each[run][0] for run in runs.tolist()], 1)
    return images.contiguous(memory_format=torch.channels_last), torch.stack([each[run][1] for run in runs.tolist()])


def _one_epoch(
    network: Group,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    images: Tensor,
    labels: Tensor,
    batch: int,
) -> None:
    network.train()
    for x, y in zip(images.split(batch), labels.split(batch, 1), strict=True):
        logits = network(x)
        # The sum over members of their mean losses: each member's gradient is its own.
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum") / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _measure(network: Group, data: Distorted, copies: int) -> dict[str, tuple[Values, Values]]:
    """Return percent correct and mean loss `(m,)` of both splits, over the first copies of their images."""
    network.eval()
    result = {}
    for split, (pixels, labels) in data.measured.items():
        correct = torch.zeros(network.members, device=data.device)
        loss = torch.zeros(network.members, device=data.device)
        x, y = pixels[:copies].flatten(0, 1), labels.repeat(copies)
        for chunk, truth in zip(x.split(_CHUNK), y.split(_CHUNK), strict=True):
            logits = network(chunk.repeat(1, network.members, 1, 1).contiguous(memory_format=torch.channels_last))
            correct += (logits.argmax(2) == truth).sum(1)
            losses = F.cross_entropy(logits.transpose(1, 2), truth.expand(network.members, -1), reduction="none")
            loss += losses.sum(1)
        result[split] = (100 * correct / len(y)).cpu().numpy(), (loss / len(y)).cpu().numpy()
    return result


def _shares(rows: Batch, data: Distorted) -> NDArray[np.float64]:
    images = data.images
    macs = cost(rows, images.channels, images.classes, images.side, data.recipe.width).macs
    shares: NDArray[np.float64] = macs / macs.sum()
    return shares


def _clock(device: torch.device) -> float:
    if device.type == "cpu":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()
