"""Accuracy with the weights of a supernet: batch-norm statistics of an architecture's own, then images kept aside."""

import hashlib
import json
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ...errors import InvalidOption
from ...spaces import Batch
from ..classes import matched
from ..data import Images, normalise, ordered
from ..limits import enough_memory, several_values
from ..preprocessing import preprocessing_for
from ..recalibration import recalibrate
from ..subnet import SubNet
from ..supernet import Supernet
from .base import AccuracyEvaluator, weights_digest
from .measuring import Precision, Stack, device_named, measure, precision_of
from .score_cache import Score, ScoreCache

__all__ = ["RecalibratedAccuracy", "Settings", "digest_of"]

_VERSION = 2  # of what scores are computed by: a change of it makes those of older versions unknown


@dataclass(frozen=True)
class Settings:
    """How accuracies are measured.

    Args:
        image_size: see `preprocessing_for`.
        bn_images: how many training images to recalibrate on; the recipe's number by default.
        batch_statistics: score on one batch of so many images of the split, normalised by its own statistics, in
            place of recalibration and all images.
        batch: images in a batch of evaluation.
        device: where to compute; a GPU if there is one.
        precision: `float32`, or `bfloat16` for convolutions and products.
        cache: the file of scores; None for the one in the user's cache directory.
        imagenet: see `matched`.
    """

    image_size: int | None = None
    bn_images: int | None = None
    batch_statistics: int | None = None
    batch: int = 500
    device: str | None = None
    precision: Precision = "float32"
    cache: Path | None = None
    imagenet: bool = False

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InvalidOption: one cannot be used.
        """
        if self.precision not in ("float32", "bfloat16"):
            raise InvalidOption(f"precision is 'float32' or 'bfloat16', not {self.precision!r}.")
        for name in ("bn_images", "batch_statistics", "batch"):
            number = getattr(self, name)
            if number is not None and (type(number) is not int or number < 1):
                raise InvalidOption(f"{name} is a number of images from 1, not {number!r}.")
        if self.bn_images is not None and self.batch_statistics is not None:
            raise InvalidOption("bn_images recalibrates, and batch_statistics does without; give one of them.")


class RecalibratedAccuracy(AccuracyEvaluator):
    """Scores architectures of a supernet: extraction, recalibration, accuracy.

    Recalibration sets the batch-norm statistics to exact means over training images, since the supernet's own mix all
    architectures (without it, accuracy is near chance). Those of the one batch that is scored can take their place
    (`batch_statistics`), which costs a fraction; a score then depends on which images are in the batch. Scores are
    kept on disk by weights, images, settings and architecture, and looked up.

    Args:
        supernet: the weights.
        data: the images.
        settings: how accuracies are measured.

    Attributes:
        settings: as given.
        device: where networks run.
        bn_images: how many training images are recalibrated on: whole batches; none with `batch_statistics`.

    Raises:
        InvalidOption: there is no such device, or images are of classes that the supernet does not have.
    """

    name: ClassVar[str] = "accuracy"

    def __init__(self, supernet: Supernet, data: Images, settings: Settings | None = None) -> None:
        self.settings = settings = settings or Settings()
        self.data, self.matching = matched(data, supernet.classes, supernet.class_names, imagenet=settings.imagenet)
        self.device = device_named(settings.device)
        self.supernet = supernet.eval().to(self.device)
        self.recipe = preprocessing_for(supernet.space, data, settings.image_size)
        wanted = min(settings.bn_images or self.recipe.bn_images, len(data.train))
        self._bn_batch = min(self.recipe.bn_batch, wanted)  # batches count alike, so all are whole
        self.batch_statistics = settings.batch_statistics
        self.bn_images = 0 if self.batch_statistics else wanted // self._bn_batch * self._bn_batch
        self._cache = ScoreCache(settings.cache)
        self._stacks: dict[tuple[str, int | None], Stack] = {}
        self._latest: tuple[str, SubNet] | None = None  # so that two splits need one recalibration

    @cached_property
    def weights(self) -> str:
        """A digest of the supernet's weights."""
        return weights_digest(self.supernet)

    def _subnet(self, arch: Batch) -> SubNet:
        """Return one architecture with the weights that it is scored with; subclasses have others."""
        return self.supernet.subnet(arch)

    def score(self, arch: Batch, split: str = "held-out") -> Score:
        """Return the score of one architecture on a split; see `AccuracyEvaluator`."""
        (text,) = self.supernet.space.to_str(self.supernet.space.validate(np.atleast_2d(arch)))
        key = self._key(split)
        if (known := self._cache.get(key, text)) is not None:
            return known
        started = time.perf_counter()
        option = "--batch-statistics" if self.batch_statistics else "--batch"
        memory = enough_memory(
            f"{self.device} has not enough memory for batches of {self._batch} images; choose a smaller batch "
            f"({option})."
        )
        single = several_values(
            "the statistics of one image cannot normalise a layer of a single pixel; take more (--batch-statistics)."
        )
        with memory, single:
            found = self._measured(arch, text, split)
        score = found._replace(seconds=time.perf_counter() - started)
        self._cache.put(key, text, score)
        return score

    def _measured(self, arch: Batch, text: str, split: str) -> Score:
        """Return the score of an architecture that has not been scored; subclasses have other ways."""
        if self._latest is None or self._latest[0] != text:
            self._latest = text, self.network(arch)
        net = self._latest[1]
        return measure(net, self._stack(split, net.resolution), self.data, self.settings.precision)

    def network(self, arch: Batch) -> SubNet:
        """Return one architecture as a network of its own, in evaluation mode.

        It is recalibrated, or with `batch_statistics` normalises whatever it is given by the statistics of that.

        Raises:
            InvalidArchitecture: it is not in the supernet's space.
            WeaknasError: the device has not enough memory.
        """
        net = self._subnet(arch).eval()
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.batch_statistics:
            for module in net.modules():
                if isinstance(module, nn.modules.batchnorm._BatchNorm):
                    module.running_mean = module.running_var = None  # torch's sign to take those of the batch
            return net
        memory = enough_memory(
            f"{self.device} has not enough memory to recalibrate on batches of {self._bn_batch} images of "
            f"{net.resolution} pixels, which a smaller batch of evaluation (--batch) does not change; take fewer "
            "--bn-images than that, or a smaller --resolution."
        )
        single = several_values(
            f"batch normalisation cannot be recalibrated on {self.bn_images} image where layers have a single pixel; "
            "take more (--bn-images)."
        )
        with memory, single, precision_of(self.device, self.settings.precision):
            batches = (normalise(images, self.data) for images, _ in self._stack("train", net.resolution))
            recalibrate(net, batches, population=self.recipe.population)
        return net

    @property
    def _batch(self) -> int:
        return self.batch_statistics or self.settings.batch

    def _stack(self, split: str, resolution: int) -> Stack:
        """Return the batches of a split at a resolution; of the training images those of recalibration."""
        key = split, self.recipe.side(resolution)
        if key not in self._stacks:
            part = self.data.part(split)
            if split == "train":
                size, rows = self._bn_batch, self._bn_rows
                crop = self.recipe.train_crop(resolution)
            else:
                rows = ordered(len(part), 0, 0) if self.batch_statistics else np.arange(len(part))
                size, rows, crop = self._batch, rows[: self.images(split)], self.recipe.test_crop(resolution)
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

    def _key(self, split: str) -> str:
        """Return a digest of everything but the architecture that a score follows from."""
        recipe, one_batch = self.recipe, self.batch_statistics
        statistics = {"batch statistics": one_batch} if one_batch else {"train": self._bn_digest}
        return digest_of(
            {
                "version": _VERSION,
                "space": self.supernet.space.recipe,
                "weights": self.weights,
                **statistics,
                "split": self.data.part(split).digest,
                "colours": [self.data.mean, self.data.std],
                "recipe": [*recipe.identity, self._bn_batch],
                "precision": self.settings.precision,
            }
        )


def digest_of(facts: dict[str, Any]) -> str:
    """Return a digest of facts that can be written as JSON."""
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()
