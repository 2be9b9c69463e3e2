"""A linear classifier of an architecture's own, in closed form."""

from functools import cached_property
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import InvalidOption
from ...spaces import Batch
from ..data import Images, normalise
from ..subnet import SubNet
from ..supernet import Supernet
from .accuracy import RecalibratedAccuracy, Settings, digest_of
from .base import weights_digest
from .measuring import precision_of
from .score_cache import Score

__all__ = ["LinearProbe", "ridge"]


class LinearProbe(RecalibratedAccuracy):
    """Scores what an architecture's features are worth to a classifier of its own.

    The classifier that all architectures of a supernet share suits some better than others. Here each has its own: the
    ridge regression of the classes on its features of some training images, which has a closed form. It is judged on
    the features of the images kept aside; batch normalisation is by the statistics of each batch, so that nothing is
    recalibrated. Linear evaluation is how unsupervised supernets are read (Pi-NAS, Peng et al., ICCV 2021); in closed
    form and for one architecture at a time it is our own.

    The loss of its scores is the mean squared error of the classes as 0 and 1, summed over classes: it tells
    architectures apart more finely than the accuracy.

    Args:
        supernet: the weights; those of its classifier are not used.
        data: the images.
        settings: how accuracies are measured; `bn_images` is not used, and with `batch_statistics` fewer are scored.
        images: how many training images the regression has, one batch.
        strength: of its penalty, relative to the variance of the features.

    Raises:
        InvalidOption: an option that cannot be used.
    """

    name: ClassVar[str] = "linear-probe"

    def __init__(
        self,
        supernet: Supernet,
        data: Images,
        settings: Settings | None = None,
        *,
        images: int = 512,
        strength: float = 0.1,
    ) -> None:
        if type(images) is not int or images < 2:
            raise InvalidOption(f"images of the evaluator {self.name} is a whole number from 2, not {images!r}.")
        if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 < strength < float("inf"):
            raise InvalidOption(f"strength of the evaluator {self.name} is a positive number, not {strength!r}.")
        super().__init__(supernet, data, settings)
        self.bn_images = self._bn_batch = min(images, len(data.train))
        self.strength = strength

    @cached_property
    def weights(self) -> str:
        """A digest of the supernet's weights, and of how features are read."""
        facts = {"supernet": weights_digest(self.supernet), "strength": self.strength, "batch": self.settings.batch}
        return digest_of({"evaluator": self.name, "train": self._bn_digest, **facts})

    @torch.no_grad()
    def _measured(self, arch: Batch, text: str, split: str) -> Score:
        net = self._subnet(arch).train()  # batch normalisation by the batch
        ((x, y),) = self._features(net, "train")
        classes = self.supernet.classes
        weights, bias = ridge(x, F.one_hot(y, classes).to(x), self.strength)
        found = []
        for features, labels in self._features(net, split):
            guesses = features @ weights + bias
            right = guesses.topk(min(5, classes)).indices == labels[:, None]
            wrong = (guesses - F.one_hot(labels, classes)).square().sum()
            found.append(torch.stack([right[:, 0].sum(), right.sum(), wrong]))
        n = self.images(split)
        first, among, error = torch.stack(found).sum(0).tolist()
        return Score(100 * first / n, 100 * among / n, error / n, 0.0)

    def _features(self, net: SubNet, split: str) -> list[tuple[Tensor, Tensor]]:
        """Return the features (double precision) and labels of the batches of a split."""
        found = []
        for images, labels in self._stack(split, net.resolution):
            with precision_of(self.device, self.settings.precision):
                found.append((net.features(normalise(images, self.data)).double(), labels))
        return found


def ridge(x: Tensor, y: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Return the weights `(f, k)` and the bias `(k,)` of a ridge regression of `(n, k)` targets on `(n, f)` features.

    Args:
        x: features.
        y: targets.
        strength: the penalty of the squared weights of features with variance one, for each sample.
    """
    centre, scale = x.mean(0), x.std(0, correction=0) + 1e-6
    z = (x - centre) / scale
    mean = y.mean(0)
    gram = z.T @ z + strength * len(x) * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    weights = torch.linalg.solve(gram, z.T @ (y - mean)) / scale[:, None]
    return weights, mean - centre @ weights
