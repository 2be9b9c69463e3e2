"""The NATS-Bench size space (Dong et al., TPAMI 2021): one fixed cell, five channel counts of eight options."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial, reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .arrays import Batch, Floats
from .choice import Choice
from .cost import Cost, conv_bn, linear
from .elastic import Elastic, priced
from .encodes import Encoder
from .networks import NetworkSpace
from .texts import as_texts, one_text

__all__ = ["CHANNELS", "NatsSize"]

CHANNELS: Final = (8, 16, 24, 32, 40, 48, 56, 64)
LAYERS: Final = 5


class NatsSize(NetworkSpace):
    """The 32,768 networks; a row holds the channel count (an index into `CHANNELS`) of each of five layers.

    Layers 0, 2 and 4 are the same NAS-Bench-201 cell (a 3x3 convolution on every edge but a skip connection
    from input to output), layers 1 and 3 residual blocks that halve the image. No two rows are one network. Each
    choice (`channels0` ... `channels4`) is a layer of its own.

    Encodings: `onehot` (40), `ordinal` (the five counts divided by 64), `counts` (those, log parameters and log
    MACs).
    """

    name = "nats-size"
    title = "NATS-Bench size"
    classes = 10
    sides = (32,)
    recipe: Mapping[str, Any] = {"space": name}
    layout = f"for each of five layers the index of its channels among {', '.join(map(str, CHANNELS))}, from 0"

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
                raise one_text(self.title, text, "five of 8, 16, ..., 64, such as '8:16:24:8:64'")
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
        widths = np.array(CHANNELS, dtype=np.int64)[self.as_batch(batch)].T
        parts = (part(*widths[columns]) for columns, part in _parts(classes, side))
        return reduce(Cost.__add__, parts)

    def expected_cost(self, weights: Mapping[Any, Any]) -> Cost:
        """Return expected parameters and MACs of networks drawn at random."""
        widths = [Elastic.of(choice) for choice in self.choices]
        parts = (priced(part, *widths[columns]) for columns, part in _parts(self.classes, *self.sides))
        return reduce(Cost.__add__, (part.mean(weights) for part in parts))

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


def _parts(classes: int, side: int) -> list[tuple[slice, Callable[..., Cost]]]:
    """Return what each part of the network costs, as a function of the channels of the layers in a slice."""
    halved, quartered = side // 2, side // 4
    return [
        (slice(1), lambda first: conv_bn(3, first, 3, side) + _cell(first, first, side)),
        (slice(0, 2), partial(_residual, side=halved)),
        (slice(1, 3), partial(_cell, side=halved)),
        (slice(2, 4), partial(_residual, side=quartered)),
        (slice(3, 5), partial(_cell, side=quartered)),
        (slice(4, 5), lambda last: Cost(2 * last, 0 * last) + linear(last, classes)),  # the last normalisation
    ]


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
