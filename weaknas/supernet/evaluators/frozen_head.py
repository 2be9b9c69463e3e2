"""Pi-NAS: a linear classifier on what a frozen supernet computes."""

from copy import deepcopy
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ...errors import InvalidOption
from ...spaces import Batch
from ..data import Images, batches, normalise
from ..limits import enough_memory
from ..selection import Path
from ..subnet import SubNet
from ..supernet import Supernet
from .accuracy import RecalibratedAccuracy, Settings, digest_of
from .base import weights_digest
from .measuring import precision_of

__all__ = ["FrozenHead"]

_BATCH = 256
_RATE = 0.01  # of Adam, which does not depend on how large features are


class FrozenHead(RecalibratedAccuracy):
    """Scores what an architecture's features are worth, whatever they were trained for (Peng et al., ICCV 2021).

    A new classifier, the same for all architectures, is trained on the features of the supernet, which does not
    change: each step takes the features of a random path, with batch normalisation by the batch. An architecture is
    then scored as ever, recalibrated, with that classifier in place of the supernet's own. Pi-NAS trains it for 100
    epochs by SGD, at a learning rate that is right for its own features; here it is Adam, with a cosine schedule.

    Args:
        supernet: the weights; those of its classifier are not used.
        data: the images.
        settings: how accuracies are measured.
        epochs: how long the classifier is trained, in passes through the training images.

    Raises:
        InvalidOption: an option that cannot be used.
    """

    name: ClassVar[str] = "frozen-head"

    def __init__(
        self, supernet: Supernet, data: Images, settings: Settings | None = None, *, epochs: int = 10
    ) -> None:
        if type(epochs) is not int or epochs < 1:
            raise InvalidOption(f"epochs of the evaluator {self.name} is a whole number from 1, not {epochs!r}.")
        super().__init__(supernet, data, settings)
        self.epochs = epochs

    @cached_property
    def weights(self) -> str:
        """A digest of the supernet's weights, and of what the classifier is trained on, and how long."""
        facts = {"supernet": weights_digest(self.supernet), "images": self.data.train.digest, "epochs": self.epochs}
        return digest_of({"evaluator": self.name, **facts})

    def _subnet(self, arch: Batch) -> SubNet:
        return self.trained.subnet(arch)

    @cached_property
    def trained(self) -> Supernet:
        """The supernet with the new classifier, which is trained when it is first asked for."""
        supernet = deepcopy(self.supernet).requires_grad_(False)
        head = supernet.classifier.requires_grad_(True)
        for parameter in head.parameters():
            nn.init.zeros_(parameter)
        part, space = self.data.train, supernet.space
        size = min(_BATCH, len(part))
        steps = self.epochs * (len(part) // size)
        optimizer = torch.optim.Adam(head.parameters(), _RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        crop, rng = self.recipe.train_crop(space.sides[-1]), np.random.default_rng(0)
        supernet.train()
        with enough_memory(f"{self.device} has not enough memory to train a classifier on batches of {size} images."):
            for epoch in range(self.epochs):
                for images, labels in batches(part, size, crop=crop, epoch=epoch):
                    path = Path(space.sample(1, rng))
                    with precision_of(self.device, self.settings.precision):
                        features = supernet.features(normalise(images.to(self.device), self.data), path)
                        logits = head(features)
                    optimizer.zero_grad()
                    F.cross_entropy(logits.float(), labels.to(self.device)).backward()
                    optimizer.step()
                    schedule.step()
        return supernet.eval()
