"""Ground truth: an architecture trained from nothing, alone."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np

from ...errors import InvalidOption
from ...spaces import Batch
from ..data import Images
from ..loading import open_supernet
from ..run import TrainingRun
from ..schemes import make_scheme
from ..subnet import SubNet
from ..supernet import Supernet
from ..training import train
from ..training.optimisation import make_optimisation
from .accuracy import RecalibratedAccuracy, Settings, digest_of
from .base import AccuracyEvaluator
from .score_cache import Score

__all__ = ["StandAlone"]


class StandAlone(AccuracyEvaluator):
    """Scores architectures trained alone, from random weights: the truth that other evaluators are compared with.

    Each is trained by the scheme `single` once a seed, and scored recalibrated, as with the weights of a supernet. Its
    score is the mean over seeds. Every finished architecture and seed is kept on disk: what was stopped goes on.

    Args:
        supernet: what says the space; its weights are not used.
        data: the images.
        settings: how accuracies are measured.
        epochs: how long each is trained, in passes through the training images.
        seeds: how often, from the seeds 0, 1, ...
        train_batch: images a step.
        training: options of `Optimisation` that differ from its defaults.

    Raises:
        InvalidOption: an option that cannot be used.
    """

    name: ClassVar[str] = "stand-alone"

    def __init__(
        self,
        supernet: Supernet,
        data: Images,
        settings: Settings | None = None,
        *,
        epochs: float = 30.0,
        seeds: int = 1,
        train_batch: int = 256,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        for name, number in (("seeds", seeds), ("train_batch", train_batch)):
            if type(number) is not int or number < 1:
                raise InvalidOption(f"{name} of the evaluator {self.name} is a whole number from 1, not {number!r}.")
        if type(epochs) not in (int, float) or not isfinite(epochs) or epochs <= 0:
            raise InvalidOption(f"epochs of the evaluator {self.name} is a positive number, not {epochs!r}.")
        size = min(train_batch, len(data.train))
        shared: dict[str, Any] = {
            "optimisation": asdict(make_optimisation(make_scheme("single", {}), training or {})),
            "batch": size,
            "steps": max(1, round(epochs * (len(data.train) // size))),
        }
        self.runs = [_OneSeed(supernet, data, settings, shared, seed) for seed in range(seeds)]
        first = self.runs[0]
        self.supernet, self.data, self.matching = supernet, first.data, first.matching
        self.recipe, self.bn_images, self.batch_statistics = first.recipe, first.bn_images, first.batch_statistics

    @property
    def weights(self) -> str:
        """A digest of the training images, and of how often and how architectures are trained on them."""
        return digest_of({"seeds": [one.weights for one in self.runs]})

    def score(self, arch: Batch, split: str = "held-out") -> Score:
        """Return the means over seeds of accuracies and loss, and the sum of their seconds."""
        scores = np.array([one.score(arch, split) for one in self.runs])
        top1, top5, loss, seconds = scores.mean(0).tolist()
        return Score(top1, top5, loss, seconds * len(scores))


class _OneSeed(RecalibratedAccuracy):
    """Scores architectures trained from one seed.

    Args:
        supernet: see `StandAlone`.
        data: likewise.
        settings: likewise.
        training: how: `optimisation`, `batch` and `steps` of a `TrainingRun`.
        seed: of the training.
    """

    def __init__(
        self, supernet: Supernet, data: Images, settings: Settings | None, training: Mapping[str, Any], seed: int
    ) -> None:
        super().__init__(supernet, data, settings)
        side = self.settings.image_size or data.side or supernet.space.sides[-1]
        self._training = {**training, "image_size": side, "seed": seed}

    @cached_property
    def weights(self) -> str:
        """A digest of all that the trained weights follow from."""
        return digest_of({"evaluator": StandAlone.name, "images": self.data.train.digest, **self._training})

    def _subnet(self, arch: Batch) -> SubNet:
        share, split_seed = self.data.split
        assert share is not None
        run = TrainingRun(
            space=self.supernet.space.recipe,
            scheme="single",
            options={"arch": self.supernet.space.to_str(np.atleast_2d(arch))[0]},
            data=self.data.name,
            held_out=share,
            split_seed=split_seed,
            **self._training,
        )
        with TemporaryDirectory() as folder:  # a run of minutes: what is kept is its score
            train(run, Path(folder), data=self.data, device=str(self.device))
            return open_supernet(folder).to(self.device).subnet(arch)
