"""What an evaluator is: a number by which architectures are compared."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ...spaces import Batch
from ..data import Images
from ..preprocessing import EvalPreprocessing
from ..supernet import Supernet
from .score_cache import Score

__all__ = ["AccuracyEvaluator", "Evaluator", "Indicator", "weights_digest"]


class Evaluator(ABC):
    """Compares the architectures of a supernet; more is better.

    It is one of two kinds: an `AccuracyEvaluator`, whose scores are percent, or an `Indicator`, whose scores have no
    unit, and are free to know beside those.

    Attributes:
        name: the evaluator's name.
        supernet: the weights.
    """

    name: ClassVar[str]
    supernet: Supernet

    @abstractmethod
    def score(self, arch: Batch) -> Any:
        """Return how good one architecture (a row, or a batch of one) is, the same whenever it is asked.

        Raises:
            InvalidArchitecture: it is not in the supernet's space.
        """


class AccuracyEvaluator(Evaluator):
    """Scores architectures by their accuracy on images, in percent, and keeps the scores on disk.

    Attributes:
        data: the images, their class numbers the outputs of the supernet.
        matching: how classes were matched, in words.
        recipe: how images are brought to the network.
        bn_images: how many training images batch normalisation is recalibrated on.
        batch_statistics: how many images the one batch has whose own statistics it is normalised by instead; None
            where it is recalibrated.
        weights: a digest of all that the weights of the networks follow from.
        runs: where scores are means over several runs, what scores each of them; else empty.
    """

    runs: "Sequence[AccuracyEvaluator]" = ()
    data: Images
    matching: str
    recipe: EvalPreprocessing
    bn_images: int
    batch_statistics: int | None

    @property
    @abstractmethod
    def weights(self) -> str:
        """A digest of all that the weights of the networks follow from."""

    def images(self, split: str) -> int:
        """Return how many images of a split are scored."""
        there = len(self.data.part(split))
        return min(there, self.batch_statistics or there)

    @abstractmethod
    def score(self, arch: Batch, split: str = "held-out") -> Score:
        """Return the score of one architecture (a row, or a batch of one) on a split, `held-out` or `val`.

        Raises:
            InvalidArchitecture: it is not in the supernet's space.
            InvalidOption: there is no such split.
            WeaknasError: the device has not enough memory.
        """


class Indicator(Evaluator):
    """A number that says which architectures are better, and is no accuracy: a column `zc_*` of tables.

    It trains nothing and is not kept on disk; see each for what it takes.
    """

    @abstractmethod
    def score(self, arch: Batch) -> float:
        """Return the number of one architecture (a row, or a batch of one).

        Raises:
            InvalidArchitecture: it is not in the supernet's space.
        """

    def scores(self, batch: Batch) -> NDArray[np.float64]:
        """Return the `(n,)` numbers of `(n, d)` architectures; an indicator that looks them up may do so at once.

        Raises:
            InvalidArchitecture: one is not in the supernet's space.
        """
        return np.array([self.score(row) for row in batch], dtype=np.float64)


def weights_digest(net: nn.Module) -> str:
    """Return a digest of the names and values of all weights and statistics."""
    total = hashlib.blake2b(digest_size=16)
    for name, value in sorted(net.state_dict().items()):
        total.update(name.encode() + value.cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
