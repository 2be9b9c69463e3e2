"""How good an architecture of a supernet is: batch-norm statistics of its own, then accuracy on images kept aside."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import InvalidOption
from ..spaces import Batch
from .classes import matched
from .crops import Crop
from .data import Images, Part, ahead, normalise, ordered
from .limits import enough_memory, several_values
from .preprocessing import EvalPreprocessing, preprocessing_for
from .recalibration import recalibrate
from .score_cache import Score, ScoreCache
from .subnet import SubNet
from .supernet import Supernet

__all__ = ["Evaluator", "Precision", "Score", "Stack", "device_named", "measure", "weights_digest"]

Precision = Literal["float32", "bfloat16"]
_VERSION = 2  # of what scores are computed by: a change of it makes those of older versions unknown
_KEEP = 4 << 30  # bytes of images that are kept on the device


class Stack:
    """Some images of a split in batches on the device, kept there as bytes if there is room for them.

    Args:
        part: the split.
        rows: `(n,)` numbers of the images.
        size: images in a batch.
        crop: see `Part.read`.
        device: where to.
        keep: bytes that may be kept.
    """

    def __init__(
        self,
        part: Part,
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
        with _cast(images.device, precision):
            logits = net(normalise(images, data)).float()
        best = logits.topk(min(5, logits.shape[1])).indices == labels[:, None]
        loss = F.cross_entropy(logits, labels, reduction="sum")
        sums.append(torch.stack([best[:, 0].sum(), best.sum(), loss]))
        seen += len(labels)
    # One transfer at the end: nothing waits for the device in between.
    first, among, total = torch.stack(sums).double().sum(0).tolist()
    return Score(100 * first / seen, 100 * among / seen, total / seen, time.perf_counter() - started)


class Evaluator:
    """Scores architectures of a supernet: extraction, recalibration, accuracy.

    Recalibration sets the batch-norm statistics to exact means over training images, since the supernet's own mix all
    architectures (without it, accuracy is near chance). Scores are kept on disk by weights, images, settings and
    architecture, and looked up.

    Args:
        supernet: the weights.
        data: the images.
        image_size: see `preprocessing_for`.
        bn_images: how many training images to recalibrate on; the recipe's number by default.
        batch: images in a batch of evaluation.
        device: where to compute; a GPU if there is one.
        precision: `float32`, or `bfloat16` for convolutions and products.
        cache: the file of scores; None for the one in the user's cache directory.
        classes: the names of the supernet's classes; by default those that it has.
        imagenet: see `matched`.

    Attributes:
        recipe: how images are brought to the network.
        data: the images, their class numbers the outputs of the supernet.
        matching: how classes were matched, in words.
        bn_images: how many training images are recalibrated on: whole batches.

    Raises:
        InvalidOption: an option that cannot be used, or images of classes that the supernet does not have.
    """

    def __init__(
        self,
        supernet: Supernet,
        data: Images,
        *,
        image_size: int | None = None,
        bn_images: int | None = None,
        batch: int = 500,
        device: str | None = None,
        precision: Precision = "float32",
        cache: Path | None = None,
        classes: Sequence[str] | None = None,
        imagenet: bool = False,
    ) -> None:
        if precision not in ("float32", "bfloat16"):
            raise InvalidOption(f"precision is 'float32' or 'bfloat16', not {precision!r}.")
        for name, number in (("bn_images", bn_images), ("batch", batch)):
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
                raise InvalidOption(f"{name} is a number of images from 1, not {number!r}.")
        names = supernet.class_names if classes is None else classes
        self.data, self.matching = matched(data, supernet.space.classes, names, imagenet=imagenet)
        self.device = device_named(device)
        self.supernet = supernet.eval().to(self.device)
        self.batch, self.precision, self.image_size = batch, precision, image_size
        self.recipe: EvalPreprocessing = preprocessing_for(supernet.space, data, image_size)
        wanted = min(bn_images or self.recipe.bn_images, len(data.train))
        self._bn_batch = min(self.recipe.bn_batch, wanted)  # batches count alike, so all are whole
        self.bn_images = wanted // self._bn_batch * self._bn_batch
        self._cache = ScoreCache(cache)
        self._stacks: dict[tuple[str, int | None], Stack] = {}
        self._latest: tuple[str, SubNet] | None = None  # so that two splits need one recalibration

    @cached_property
    def weights(self) -> str:
        """A digest of the supernet's weights."""
        return weights_digest(self.supernet)

    def score(self, arch: Batch, split: str = "held-out") -> Score:
        """Return the score of one architecture (a row, or a batch of one) on a split, `held-out` or `val`.

        Raises:
            InvalidArchitecture: it is not in the supernet's space.
            InvalidOption: there is no such split.
            WeaknasError: the device has not enough memory.
        """
        (text,) = self.supernet.space.to_str(self.supernet.space.validate(np.atleast_2d(arch)))
        settings = self._settings(split)
        if (known := self._cache.get(settings, text)) is not None:
            return known
        started = time.perf_counter()
        if self._latest is None or self._latest[0] != text:
            self._latest = text, self.network(arch)
        net = self._latest[1]
        with enough_memory(
            f"{self.device} has not enough memory for batches of {self.batch} images of {net.resolution} pixels; "
            "choose a smaller batch (--batch)."
        ):
            found = measure(net, self._stack(split, net.resolution), self.data, self.precision)
        score = found._replace(seconds=time.perf_counter() - started)
        self._cache.put(settings, text, score)
        return score

    def network(self, arch: Batch) -> SubNet:
        """Return one architecture as a network of its own, recalibrated, in evaluation mode.

        Raises:
            InvalidArchitecture: it is not in the supernet's space.
            WeaknasError: the device has not enough memory.
        """
        net = self.supernet.subnet(arch)
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        memory = enough_memory(
            f"{self.device} has not enough memory to recalibrate on batches of {self._bn_batch} images of "
            f"{net.resolution} pixels, which a smaller batch of evaluation (--batch) does not change; take fewer "
            "--bn-images than that, or a smaller --resolution."
        )
        single = several_values(
            f"batch normalisation cannot be recalibrated on {self.bn_images} image where layers have a single pixel; "
            "take more (--bn-images)."
        )
        with memory, single, _cast(self.device, self.precision):
            batches = (normalise(images, self.data) for images, _ in self._stack("train", net.resolution))
            recalibrate(net, batches, population=self.recipe.population)
        return net

    def _stack(self, split: str, resolution: int) -> Stack:
        """Return the batches of a split at a resolution; of the training images those of recalibration."""
        key = split, self.recipe.side(resolution)
        if key not in self._stacks:
            part = self.data.part(split)
            if split == "train":
                size, rows = self._bn_batch, self._bn_rows
                crop = self.recipe.train_crop(resolution)
            else:
                size, rows, crop = self.batch, np.arange(len(part)), self.recipe.test_crop(resolution)
            for other in [other for other in self._stacks if other[0] == split]:
                del self._stacks[other]  # of another resolution: memory holds one
            self._stacks[key] = Stack(part, rows, size, crop, self.device)
        return self._stacks[key]

    @property
    def _bn_rows(self) -> NDArray[np.int64]:
        return ordered(len(self.data.train), 0, 0)[: self.bn_images]

    @cached_property
    def _bn_digest(self) -> str:
        return self.data.train.digest_of(self._bn_rows)

    def _settings(self, split: str) -> str:
        """Return a digest of everything but the architecture that a score follows from."""
        recipe = self.recipe
        parts: dict[str, Any] = {
            "version": _VERSION,
            "space": self.supernet.space.recipe,
            "weights": self.weights,
            "train": self._bn_digest,
            "split": self.data.part(split).digest,
            "colours": [self.data.mean, self.data.std],
            "recipe": [*recipe.identity, self._bn_batch],
            "precision": self.precision,
        }
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def weights_digest(net: nn.Module) -> str:
    """Return a digest of the names and values of all weights and statistics."""
    total = hashlib.blake2b(digest_size=16)
    for name, value in sorted(net.state_dict().items()):
        total.update(name.encode() + value.cpu().contiguous().numpy().tobytes())
    return total.hexdigest()


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


def _cast(device: torch.device, precision: Precision) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
