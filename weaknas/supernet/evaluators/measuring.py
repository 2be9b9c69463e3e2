"""Accuracy and loss of a network on images, in batches that stay on the device."""

import time
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ...errors import InvalidOption
from ..crops import Crop
from ..data import Images, ImageSplit, ahead, normalise
from .score_cache import Score

__all__ = ["Precision", "Stack", "device_named", "measure", "precision_of"]

Precision = Literal["float32", "bfloat16"]
_KEEP = 4 << 30  # bytes of images that are kept on the device


class Stack:
    """Some images of a split in batches on the device, kept there as bytes if there is room for them.

    Args:
        part: the split.
        rows: `(n,)` numbers of the images.
        size: images in a batch.
        crop: see `ImageSplit.read`.
        device: where to.
        keep: bytes that may be kept.
    """

    def __init__(
        self,
        part: ImageSplit,
        rows: NDArray[np.int64],
        size: int,
        crop: Crop | None,
        device: torch.device,
        keep: int = _KEEP,
    ) -> None:
        self._part, self._crop, self._device, self._keep = part, crop, device, keep
        self._parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        self._kept: list[tuple[Tensor, Tensor]] = []  # the first batches, as many as there is room for

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images as bytes `(n, 3, h, w)`, and labels `(n,)`."""
        kept = list(self._kept)
        yield from kept
        room = self._keep - sum(images.numel() for images, _ in kept)
        for place, (images, labels) in enumerate(ahead(self._load, self._parts[len(kept) :]), len(kept)):
            batch = images.to(self._device, memory_format=torch.channels_last), labels.to(self._device)
            room -= images.numel()
            if room >= 0 and place == len(self._kept):
                self._kept.append(batch)
            yield batch

    def _load(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        return self._part.read(rows, self._crop, (0, 0)), self._part.labels[rows]


@torch.inference_mode()
def measure(
    net: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], data: Images, precision: Precision = "float32"
) -> Score:
    """Return accuracies and loss of a network as it is, on the device of its weights.

    Args:
        net: from `(n, 3, h, w)` normalised images to `(n, classes)` logits.
        batches: images as bytes, and labels.
        data: the images' data set, which they are normalised by.
        precision: `bfloat16` runs convolutions and products in it.
    """
    started = time.perf_counter()
    net.eval()
    sums = []
    seen = 0
    for images, labels in batches:
        with precision_of(images.device, precision):
            logits = net(normalise(images, data)).float()
        best = logits.topk(min(5, logits.shape[1])).indices == labels[:, None]
        loss = F.cross_entropy(logits, labels, reduction="sum")
        sums.append(torch.stack([best[:, 0].sum(), best.sum(), loss]))
        seen += len(labels)
    # One transfer at the end: nothing waits for the device in between.
    first, among, total = torch.stack(sums).double().sum(0).tolist()
    return Score(100 * first / seen, 100 * among / seen, total / seen, time.perf_counter() - started)


def device_named(name: str | None) -> torch.device:
    """Return a device by its name; a GPU, if there is one, where no name is given.

    Raises:
        InvalidOption: this machine has no such device.
    """
    wanted = name or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InvalidOption(f"the device {wanted!r} cannot be used: {str(error).splitlines()[0]}.") from None
    return device


def precision_of(device: torch.device, precision: Precision) -> torch.autocast:
    """Return the context in which networks run on a device."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
