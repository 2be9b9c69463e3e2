"""How a space of mobile networks is written down: stem, stages, head, from the first layer to the last."""

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from string import ascii_letters
from typing import Any

import numpy as np

from ...errors import InvalidOption
from ..choice import Choice
from ..elastic import Elastic, divisible, fixed, lift
from .layers import Act, Block, Conv, Layer, MBConv, MobileNetwork, Shortcut
from .resnest import DeepStem, Residual

__all__ = ["NetworkBuilder", "Options", "check_whole", "sides_of"]

_LARGEST = 1_000_000

Options = float | tuple[float, ...]
"""A number, or a tuple of numbers to choose from."""


def sides_of(resolutions: Iterable[Any]) -> tuple[int, ...]:
    """Return resolutions as a tuple.

    Raises:
        InvalidOption: they are no list, or one is no number of pixels.
    """
    if isinstance(resolutions, str) or not isinstance(resolutions, Iterable):
        raise InvalidOption(f"resolutions are a list of whole numbers, not {resolutions!r}.")
    sides = tuple(resolutions)
    for side in sides:
        check_whole("a resolution", side)
    return sides


def check_whole(what: str, value: Any) -> None:
    """Refuse what is no whole number of things.

    Raises:
        InvalidOption: it is none from 1 to a million; `what` says of what.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= _LARGEST:
        raise InvalidOption(f"{what} is a whole number from 1 to {_LARGEST:,}, not {value!r}.")


class NetworkBuilder:
    """A network in the making; a number given as a tuple of options becomes a choice.

    Args:
        resolution: height and width of the images.
        classes: outputs of the classifier.
        keep: the least part of a width that rounding may leave.
        first: the number of the first stage, which stands in the names of its choices.
        divisor: what widths within blocks are rounded to multiples of.

    Raises:
        InvalidOption: a resolution or a number of classes that is none.
    """

    def __init__(
        self, resolution: Options, classes: int, *, keep: float = 0.9, first: int = 1, divisor: int = 8
    ) -> None:
        sides_of(resolution if isinstance(resolution, tuple) else (resolution,))
        check_whole("the number of classes", classes)
        self.choices: list[Choice] = []
        self.classes = classes
        self.keep, self.divisor = keep, divisor
        self.stage = first - 1
        self.blocks: list[Block] = []
        self.resolution = self.side = self.number("r", resolution)
        self.width = fixed(3)
        self.first_layer: Conv | DeepStem

    def number(self, name: str, options: Options) -> Elastic:
        """Return a constant, or the number that a new choice makes."""
        return Elastic.of(self.choose(name, options)) if isinstance(options, tuple) else fixed(options)

    def choose(self, name: str, options: Sequence[Any]) -> Choice:
        """Add a choice; its layer is the block or stage that its numbers name."""
        self.choices.append(Choice(name, tuple(options), name.lstrip(ascii_letters)))
        return self.choices[-1]

    def rounded(self, value: Any) -> Any:
        """Return widths as the multiples of the divisor that they are rounded to."""
        return divisible(np.asarray(value), self.keep, self.divisor)

    def conv(
        self,
        width: Elastic,
        *,
        kernel: int = 1,
        stride: int = 1,
        act: Act = "relu",
        norm: bool = True,
        bias: bool = False,
    ) -> Conv:
        """Add a convolution."""
        conv = Conv(self.width, width, self.side, kernel, stride, act, norm, bias)
        self.width, self.side = width, _strided(self.side, stride)
        return conv

    def stem(self, width: Options, *, stride: int = 2, act: Act = "relu", bias: bool = False) -> None:
        """Begin with a 3x3 convolution."""
        self.first_layer = self.conv(self.number("w0", width), kernel=3, stride=stride, act=act, bias=bias)

    def deep_stem(self, width: int) -> None:
        """Begin with the stem of ResNeSt, of a width that the last of its convolutions doubles."""
        self.first_layer = stem = DeepStem(width, self.side)
        self.width, self.side = stem.c_out, _strided(self.side, stem.stride)

    def begin_stage(self, width: Options) -> Elastic:
        """Begin the next stage and return its width."""
        self.stage += 1
        return self.number(f"w{self.stage}", width)

    def mbconv(
        self,
        width: Elastic,
        kernel: Elastic,
        expansion: Elastic,
        *,
        stride: int = 1,
        act: Act = "relu",
        splits: int = 0,
        hidden_act: Act = "relu",
        shortcut: Shortcut = "identity",
        transform: bool = False,
    ) -> MBConv:
        """Return an inverted bottleneck that would come next; see `MBConv`. With 0 splits it has no attention."""
        mid = lift(lambda c_in, e: self.rounded(np.round(c_in * e, 6)), self.width, expansion)
        hidden = lift(lambda m: self.rounded(m // 4), mid) if splits else None
        return MBConv(
            self.width,
            expansion,
            mid,
            width,
            self.side,
            kernel,
            hidden,
            max(1, splits),
            stride=stride,
            act=act,
            hidden_act=hidden_act,
            shortcut=shortcut,
            transform=transform,
        )

    def block(self, candidates: Sequence[Layer], chosen: Elastic | None = None, *, residual: bool = False) -> None:
        """Add a block, of the first candidate unless `chosen` says which; `residual` as for `candidate_stage`."""
        layer = candidates[0]
        added = Residual(self.width, layer.c_out, self.side, layer.stride) if residual else None
        self.blocks.append(Block(tuple(candidates), chosen or fixed(0), self.stage, added))
        self.width, self.side = layer.c_out, _strided(self.side, layer.stride)

    def elastic_stage(
        self,
        width: Options,
        depth: Options,
        kernel: Options,
        expansion: Options,
        *,
        stride: int = 1,
        alike: bool = False,
        act: Act | tuple[Act, ...] = "relu",
        splits: int | tuple[int, ...] = 0,
        **layer: Any,
    ) -> None:
        """Add a stage whose first `depth` blocks stand.

        The options of width, depth, kernel and expansion share weights; each activation with each number of splits
        is a layer with weights of its own.

        Args:
            width: output channels of every block.
            depth: number of blocks.
            kernel: of the depthwise convolutions.
            expansion: of the blocks.
            stride: of the first block.
            alike: whether all that blocks choose is chosen once for all blocks of the stage.
            act: the activation, or activations to choose from.
            splits: the number of splits of the attention, 0 for none, or numbers to choose from.
            layer: what `mbconv` takes besides.
        """
        wide, stage = self.begin_stage(width), self.stage
        deep = self.number(f"d{stage}", depth)
        for place in range(deep.largest):
            if place == 0 or not alike:
                where = f"{stage}" if alike else f"{stage}.{place + 1}"
                kernels, expansions = self.number(f"k{where}", kernel), self.number(f"e{where}", expansion)
                acts, act_place = self._words(f"a{where}", act)
                radices, radix_place = self._words(f"s{where}", splits)
                chosen = lift(lambda a, s, n: a * n + s, act_place, radix_place, fixed(len(radices)))
            self.block(
                [
                    self.mbconv(
                        wide, kernels, expansions, stride=stride if place == 0 else 1, act=a, splits=s, **layer
                    )
                    for a, s in product(acts, radices)
                ],
                _up_to(deep, place, chosen),
            )

    def _words(self, name: str, options: Any) -> tuple[tuple[Any, ...], Elastic]:
        """Return options and the place among them of the one that a new choice makes; of a single one, no choice."""
        if not isinstance(options, tuple):
            return (options,), fixed(0)
        return options, Elastic.of(self.choose(name, options), range(len(options)))

    def candidate_stage(
        self,
        width: Options,
        blocks: int,
        names: Sequence[str],
        layers: Callable[[Elastic, str, int], Sequence[Layer]],
        *,
        stride: int = 1,
        residual: bool = False,
    ) -> None:
        """Add a stage whose blocks choose between layers that share no weights; all but the first may be skipped.

        Args:
            width: output channels of every block.
            blocks: number of blocks.
            names: names of the layers; where `skip` is among them, it is the last.
            layers: from the width, the block's place and its stride to the layers.
            stride: of the first block.
            residual: whether a block adds its input to the result of its layer, whichever it is; see `Residual`. None
                is then skipped.
        """
        wide = self.begin_stage(width)
        skips = names[-1] == "skip"
        for place in range(1, blocks + 1):
            here = f"{self.stage}.{place}"
            candidates = layers(wide, here, stride if place == 1 else 1)
            choice = self.choose(f"b{here}", names[: len(candidates)] if place == 1 else names)
            places = [*range(len(candidates)), *([-1] if skips and place > 1 else [])]
            self.block(candidates, Elastic.of(choice, places), residual=residual)

    def head(self, final: Elastic | None, mix: Options | None, *, act: Act = "relu") -> MobileNetwork:
        """End with a 1x1 convolution, pooling, a 1x1 convolution without normalisation, and the classifier.

        Args:
            final: width before pooling; None for no convolution there.
            mix: width after it; None for no convolution there.
            act: the activation.
        """
        last = None if final is None else self.conv(final, act=act)
        self.side = fixed(1)
        pooled = None
        if mix is not None:
            pooled = self.conv(self.number(f"w{self.stage + 1}", mix), act=act, norm=False)
        return MobileNetwork(self.resolution, self.first_layer, tuple(self.blocks), last, pooled, self.classes)


def _up_to(depth: Elastic, place: int, chosen: Elastic) -> Elastic:
    """Return the layer chosen at a place of a stage, -1 where the stage is not as deep."""
    stands = lift(lambda d: d > place, depth)
    return chosen if stands.values.all() else lift(lambda here, layer: np.where(here, layer, -1), stands, chosen)


def _strided(side: Elastic, stride: int) -> Elastic:
    return lift(lambda s: -(-s // stride), side)
