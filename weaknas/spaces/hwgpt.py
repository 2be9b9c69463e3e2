"""The spaces of HW-GPT-Bench (Sukthanker et al., NeurIPS 2024): parts of a GPT-2 supernet with elastic layers."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidOption
from .arrays import Batch, Floats, Numbers
from .choices import Choices
from .conditional import Conditional
from .cost import Cost
from .encodes import Encoder

__all__ = ["HwGpt"]

RATIOS: Final = (2, 3, 4)
_WORDS: Final = 50254
_HEAD: Final = 64  # width of one head of the attention, whatever the embedding's
_GLOBAL: Final = 3  # choices that are not of a layer


class _Size(NamedTuple):
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    heads: tuple[int, ...]
    tokens: int  # of which the published MACs are


_SIZES: Final = {
    "m": _Size((256, 512, 1024), (22, 23, 24), (8, 12, 16), 4096),
    "l": _Size((320, 640, 1280), (34, 35, 36), (8, 16, 20), 1024),
}


class HwGpt(Conditional, Choices):
    """Width, depth and biases of a language model, and the heads and the MLP's ratio of each of its layers.

    A row holds the options of `embed_dim`, `n_layer`, `bias`, of `heads_I` for every layer, and of `mlp_ratio_I` for
    every layer; those of layers past the depth carry no meaning. Text is the options joined by `;`.

    Encodings: `onehot` (all zero where a choice has no meaning), `ordinal` (the chosen numbers, 0 where they have
    none).

    Args:
        size: of the supernet: `m` (up to 24 layers of width 1,024) or `l` (up to 36 of 1,280).

    Raises:
        InvalidOption: another size.
    """

    def __init__(self, size: str = "m") -> None:
        if size not in _SIZES:
            raise InvalidOption(f"the size of an HW-GPT space is one of {', '.join(_SIZES)}, not {size!r}.")
        widths, depths, heads, self._tokens = _SIZES[size]
        layers = range(depths[-1])
        super().__init__(
            {"embed_dim": widths, "n_layer": depths, "bias": (0, 1)}
            | {f"heads_{layer}": heads for layer in layers}
            | {f"mlp_ratio_{layer}": RATIOS for layer in layers},
            f"hwgpt-{size}",
        )
        parts = [choice.name for choice in self.choices[:_GLOBAL]] + 2 * [f"layer{layer}" for layer in layers]
        self.choices = tuple(replace(choice, layer=part) for choice, part in zip(self.choices, parts, strict=True))
        self.recipe = {"space": "hwgpt", "size": size}
        self._depths = np.array(depths)

    @property
    def size(self) -> int:
        """The number of different architectures."""
        heads, ratios = self.options[[_GLOBAL, -1]].tolist()
        whole = int(self.options[0] * self.options[2])
        ways: int = sum((heads * ratios) ** depth for depth in self._depths.tolist())
        return whole * ways

    def matters(self, batch: Batch) -> NDArray[np.bool_]:
        """Return `(n, d)` which choices have a meaning: all but those of layers past the depth."""
        stands = np.arange(self._depths[-1]) < self._depths[batch[:, 1]][:, None]
        return np.concatenate([np.ones((len(batch), _GLOBAL), dtype=bool), stands, stands], axis=1)

    def to_str(self, batch: Batch) -> list[str]:
        """Return the options joined by `;`; a choice without meaning as its first one."""
        return super().to_str(self.canonical(self.as_batch(batch)))

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of options joined by `;`; what a text says of choices without meaning is not kept."""
        return self.canonical(super().from_str(texts))

    def cost(self, batch: Batch) -> Cost:
        """Return parameters, and the multiply-accumulates of as many tokens as the benchmark counts.

        Both equal the published ones: a layer has an attention with a projection, and an MLP with a gate; the
        embedding and the output are two matrices; the products of the attention are not counted. The MACs are of
        4,096 tokens (m) or 1,024 (l).
        """
        numbers = self._numbers(self.as_batch(batch)).astype(np.int64)
        width, depth, bias = numbers[:, :_GLOBAL].T
        heads, ratios = (part.sum(1) for part in np.split(numbers[:, _GLOBAL:], 2, axis=1))
        weights = width * (4 * _HEAD * heads + 3 * width * ratios)
        norms = 2 * width * (2 * depth + 1)
        biases = 2 * depth * width + 2 * width * ratios + 3 * _HEAD * heads
        return Cost(
            2 * _WORDS * width + weights + norms + bias * biases,
            self._tokens * (_WORDS * width + weights),
        )

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {"onehot": self._meant_onehot, "ordinal": self._ordinal}

    def _ordinal(self, batch: Batch, argument: str = "") -> Floats:
        return self._numbers(batch).astype(np.float32)

    def _numbers(self, batch: Batch) -> Numbers:
        """The chosen number of each choice, 0 for one without meaning."""
        chosen = [
            np.array(choice.options, dtype=np.float64)[column]
            for choice, column in zip(self.choices, batch.T, strict=True)
        ]
        numbers: Numbers = np.stack(chosen, axis=1) * self.matters(batch)
        return numbers
