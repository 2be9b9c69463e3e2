"""The NATS-Bench size space (Dong et al., TPAMI 2021): one fixed cell, five channel counts of eight options."""

from collections.abc import Iterable
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from .arrays import Batch, Floats
from .choice import Choice
from .cost import Cost, conv_bn, linear
from .encodes import Encoder
from .space import Space
from .texts import as_texts, one_text

__all__ = ["CHANNELS", "NatsSize"]

CHANNELS: Final = (8, 16, 24, 32, 40, 48, 56, 64)
LAYERS: Final = 5


class NatsSize(Space):
    """The 32,768 networks; a row holds the channel count (an index into `CHANNELS`) of each of five layers.

    Layers 0, 2 and 4 are the same NAS-Bench-201 cell (a 3x3 convolution on every edge but a skip connection
    from input to output), layers 1 and 3 residual blocks that halve the image. No two rows are one network.

    Encodings: `onehot` (40), `ordinal` (the five counts divided by 64), `counts` (those, log parameters and log
    MACs).
    """

    name = "nats-size"
    recipe: ClassVar = {"space": name}
    layout = f"for each of five layers the place of its channels among {', '.join(map(str, CHANNELS))}, from 0"

    choices = tuple(Choice(f"channels{layer}", CHANNELS) for layer in range(LAYERS))

    def to_str(self, batch: Batch) -> list[str]:
        """Return the official strings, such as `8:16:24:8:64`."""
        return [":".join(str(count) for count in row) for row in np.array(CHANNELS)[self.as_batch(batch)].tolist()]

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of official strings."""
        index = {str(count): i for i, count in enumerate(CHANNELS)}
        rows = []
        for text in as_texts(texts):
            row = [index.get(part) for part in str(text).split(":")]
            if len(row) != LAYERS or None in row:
                raise one_text("NATS-Bench size", text, "five of 8, 16, ..., 64, such as '8:16:24:8:64'")
            rows.append(row)
        return np.array(rows, dtype=np.int8).reshape(-1, LAYERS)

    def cost(self, batch: Batch, classes: int = 10, side: int = 32) -> Cost:
        """Return parameters and MACs of the benchmark's network.

        The parameters equal the official ones; the official MACs also count the biases of the classifier and
        so are larger by `classes`.

        Args:
            batch: `(n, 5)` rows.
            classes: outputs of the classifier.
            side: height and width of the images.
        """
        width = np.array(CHANNELS, dtype=np.int64)[self.as_batch(batch)].T
        first, halved, quartered = side, side // 2, side // 4
        return (
            conv_bn(3, width[0], 3, side)
            + _cell(width[0], width[0], first)
            + _residual(width[0], width[1], halved)
            + _cell(width[1], width[2], halved)
            + _residual(width[2], width[3], quartered)
            + _cell(width[3], width[4], quartered)
            + Cost(2 * width[4], 0 * width[4])  # the last normalisation
            + linear(width[4], classes)
        )

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {"onehot": self._onehot, "ordinal": self._ordinal, "counts": self._counts}

    def _ordinal(self, batch: Batch, argument: str = "") -> Floats:
        return ((batch + 1) / np.float32(len(CHANNELS))).astype(np.float32)

    def _counts(self, batch: Batch, argument: str = "") -> Floats:
        cost = self.cost(batch)
        logs = np.log(np.stack([cost.params, cost.macs], axis=1))
        return np.concatenate([self._ordinal(batch), logs], axis=1).astype(np.float32)


def _cell(c_in: NDArray[np.int64], c_out: NDArray[np.int64], side: int) -> Cost:
    """Two convolutions and a skip leave the input; three convolutions run between the inner nodes.

    Where the channels change, the skip is a 1x1 convolution.
    """
    skip: Cost = conv_bn(c_in, c_out, 1, side) * (c_in != c_out)
    return conv_bn(c_in, c_out, 3, side) * 2 + conv_bn(c_out, c_out, 3, side) * 3 + skip


def _residual(c_in: NDArray[np.int64], c_out: NDArray[np.int64], side: int) -> Cost:
    """Two convolutions beside a 1x1 shortcut without normalisation."""
    shortcut = conv_bn(c_in, c_out, 1, side)
    return (
        conv_bn(c_in, c_out, 3, side)
        + conv_bn(c_out, c_out, 3, side)
        + Cost(shortcut.params - 2 * c_out, shortcut.macs)
    )
