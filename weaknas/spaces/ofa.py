"""The MobileNetV3 space of Once-for-All (Cai et al., ICLR 2020)."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidOption
from .base import Batch, Encoder, Floats, Keys, Space, hash_columns, one_text, unique_rows
from .cost import Cost, conv_bn, linear

__all__ = ["DEPTHS", "EXPANSIONS", "KERNELS", "OfaMobileNetV3"]

DEPTHS: Final = (2, 3, 4)
KERNELS: Final = (3, 5, 7)
EXPANSIONS: Final = (3, 4, 6)
UNITS: Final = 5
SLOTS: Final = 4  # blocks of a unit at its deepest
BLOCKS: Final = UNITS * SLOTS
_WIDTHS: Final = (
    16,
    24,
    40,
    80,
    112,
    160,
    960,
    1280,
)  # stem, units, final expansion, feature mix; times the multiplier
_STRIDES: Final = (2, 2, 2, 1, 2)
_SQUEEZES: Final = (False, True, False, True, True)
_TEXT = re.compile(r"r(\d+);d([\d,]+);k([\d,]+);e([\d,]+)")


class OfaMobileNetV3(Space):
    """Resolution, depth of each of five units, kernel and expansion of each of 20 block slots.

    A row holds 46 option numbers: resolution, 5 depths (into `DEPTHS`), 20 kernels (into `KERNELS`) and 20
    expansions (into `EXPANSIONS`), unit-major. Slots past a unit's depth are inactive and carry no meaning:
    `canonical` sets them to 0, and every method looks through them, so that two names of one network are one
    architecture. Each resolution has (9^2 + 9^3 + 9^4)^5, about 2.2e19 architectures.

    Encodings: `onehot` (60 kernel, 60 expansion and one column per resolution; inactive slots all zero: the layout
    of the released accuracy predictor), `ordinal` (46 values: kernels, expansions, depths, resolution; inactive
    slots 0: what the WeakNAS notebook feeds its predictor, plus the resolution), `counts` (depths, mean kernel and
    expansion of each unit, resolution, log params, log MACs).

    Args:
        width: width multiplier, 1.0 or 1.2 in the released supernets.
        resolutions: image sizes to choose from; 128 to 224 in steps of 4, as in training, by default.

    Raises:
        InvalidOption: no resolutions, or a width that is not positive.
    """

    name = "ofa-mbv3"
    merges_isomorphs = True

    def __init__(self, width: float = 1.0, resolutions: Sequence[int] = tuple(range(128, 225, 4))) -> None:
        if not width > 0 or not resolutions or any(r < 32 for r in resolutions):
            raise InvalidOption("the OFA space needs a positive width and resolutions of 32 pixels or more.")
        self.width = width
        self.resolutions = tuple(sorted(set(resolutions)))

    @cached_property
    def options(self) -> NDArray[np.int64]:
        """Resolutions, then three for each depth, kernel and expansion."""
        return np.array([len(self.resolutions)] + [3] * (UNITS + 2 * BLOCKS))

    @property
    def size(self) -> int:
        """The number of different architectures."""
        choices = len(KERNELS) * len(EXPANSIONS)
        return len(self.resolutions) * sum(choices**depth for depth in DEPTHS) ** UNITS

    def canonical(self, batch: Batch) -> Batch:
        """Return the rows with inactive slots set to 0."""
        rows = batch.copy()
        inactive = ~_active(rows)
        rows[:, 6 : 6 + BLOCKS][inactive] = 0
        rows[:, 6 + BLOCKS :][inactive] = 0
        return rows

    def key(self, batch: Batch) -> Keys:
        """Return `(n,)` hashes that two names of one network share."""
        return hash_columns(self.canonical(batch))

    def _draw(self, n: int, rng: np.random.Generator) -> Batch:
        return self.canonical(super()._draw(n, rng))

    def _step(self, batch: Batch, rng: np.random.Generator) -> Batch:
        return self.canonical(super()._step(batch, rng))

    def _settle(self, batch: Batch) -> Batch:
        return self.canonical(batch)

    def neighbors(self, arch: Batch) -> Batch:
        """Return all networks that one changed option makes of `arch` (a batch of one)."""
        rows = self.canonical(super().neighbors(self.canonical(arch)))
        return unique_rows(rows, self.key(rows))

    # -- text -----------------------------------------------------------------------------------------

    def to_str(self, batch: Batch) -> list[str]:
        """Return `r160;d4,3,3,3,4;k...;e...`, inactive slots as the smallest option."""
        resolution, depth, kernel, expansion = self._values(self.canonical(batch))
        return [
            f"r{r};" + ";".join(f"{name}{','.join(map(str, part))}" for name, part in zip("dke", parts, strict=True))
            for r, *parts in zip(resolution.tolist(), depth.tolist(), kernel.tolist(), expansion.tolist(), strict=True)
        ]

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of texts, inactive slots set to 0 whatever the text says of them."""
        kinds = (self.resolutions, DEPTHS, KERNELS, EXPANSIONS)
        rows = []
        for text in texts:
            match = _TEXT.fullmatch(text) if isinstance(text, str) else None
            try:
                parts = [[int(value) for value in part.split(",")] for part in match.groups()] if match else []
                row = [kind.index(value) for kind, part in zip(kinds, parts, strict=True) for value in part]
                if [len(part) for part in parts] != [1, UNITS, BLOCKS, BLOCKS]:
                    raise ValueError
            except ValueError:
                raise one_text(
                    "the OFA MobileNetV3 space", text, "r160;d4,3,3,3,4;k(20 values);e(20 values)"
                ) from None
            rows.append(row)
        return self.canonical(np.array(rows, dtype=np.int8).reshape(-1, len(self.options)))

    def _values(self, batch: Batch) -> list[NDArray[np.int64]]:
        """Return `(n,)` resolutions, `(n, 5)` depths, `(n, 20)` kernels and expansions as the numbers they name."""
        kernel, expansion = batch[:, 6 : 6 + BLOCKS], batch[:, 6 + BLOCKS :]
        return [
            np.array(self.resolutions)[batch[:, 0]],
            np.array(DEPTHS)[batch[:, 1:6]],
            np.array(KERNELS)[kernel],
            np.array(EXPANSIONS)[expansion],
        ]

    # -- cost and features ----------------------------------------------------------------------------

    def cost(self, batch: Batch) -> Cost:
        """Return parameters (of the sub-network, kernel transforms not counted) and MACs at its resolution."""
        active = _active(batch)
        resolution, _, kernel, _ = self._values(batch)
        stem, *units, final, mix = (divisible(width * self.width) for width in _WIDTHS)
        side = -(-resolution // 2)
        total = conv_bn(3, stem, 3, side) + conv_bn(1, stem, 3, side) + conv_bn(stem, stem, 1, side)
        c_in = stem
        for unit, c_out in enumerate(units):
            for slot in range(SLOTS):
                block = unit * SLOTS + slot
                after = -(-side // _STRIDES[unit]) if slot == 0 else side
                mids = np.array([divisible(c_in * e) for e in EXPANSIONS])
                mid = mids[batch[:, 6 + BLOCKS + block]]
                price = (
                    conv_bn(c_in, mid, 1, side)
                    + conv_bn(1, mid, kernel[:, block], after)
                    + conv_bn(mid, c_out, 1, after)
                )
                if _SQUEEZES[unit]:
                    hidden = np.array([divisible(m // 4) for m in mids])[batch[:, 6 + BLOCKS + block]]
                    price += _squeeze(mid, hidden)
                total += price * active[:, block]
                side, c_in = after, c_out
        pooled = conv_bn(final, mix, 1, 1)
        head = conv_bn(c_in, final, 1, side) + Cost(pooled.params - 2 * mix, pooled.macs) + linear(mix, 1000)
        return total + head

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {"onehot": self._masked_onehot, "ordinal": self._ordinal, "counts": self._counts}

    def _masked_onehot(self, batch: Batch, argument: str = "") -> Floats:
        slots = [part[:, :, None] == np.arange(3) for part in (batch[:, 6 : 6 + BLOCKS], batch[:, 6 + BLOCKS :])]
        masked = [(slot & _active(batch)[:, :, None]).reshape(len(batch), -1) for slot in slots]
        resolution = batch[:, :1] == np.arange(len(self.resolutions))
        return np.concatenate([*masked, resolution], axis=1).astype(np.float32)

    def _ordinal(self, batch: Batch, argument: str = "") -> Floats:
        resolution, depth, kernel, expansion = self._values(batch)
        active = _active(batch)
        columns = (kernel * active, expansion * active, depth, resolution[:, None])
        return np.concatenate(columns, axis=1).astype(np.float32)

    def _counts(self, batch: Batch, argument: str = "") -> Floats:
        resolution, depth, kernel, expansion = self._values(batch)
        active = _active(batch)
        means = [(part * active).reshape(-1, UNITS, SLOTS).sum(2) / depth for part in (kernel, expansion)]
        cost = self.cost(batch)
        rest = np.stack([resolution, np.log(cost.params), np.log(cost.macs)], axis=1)
        return np.concatenate([depth, *means, rest], axis=1).astype(np.float32)


def divisible(value: float) -> int:
    """Return the multiple of 8 nearest to `value`, at least 8 and at least 0.9 of it."""
    nearest = max(8, int(value + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * value else nearest


def _active(batch: Batch) -> NDArray[np.bool_]:
    """Return `(n, 20)` which slots are within their unit's depth."""
    depth = np.array(DEPTHS)[batch[:, 1:6]]
    within: NDArray[np.bool_] = np.arange(SLOTS) < depth[:, :, None]
    return within.reshape(len(batch), BLOCKS)


def _squeeze(mid: NDArray[np.int64], hidden: NDArray[np.int64]) -> Cost:
    """Squeeze and excitation: two 1x1 convolutions with bias on pooled features."""
    return Cost(2 * mid * hidden + mid + hidden, 2 * mid * hidden)
