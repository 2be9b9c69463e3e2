"""The space of Pi-NAS (Peng et al., ICCV 2021): bottlenecks of ResNeSt in place of those of ResNeSt-50-D."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, Literal, NamedTuple, get_args

from ...errors import InvalidOption
from ..elastic import Elastic
from .network_builder import NetworkBuilder, check_whole
from .resnest import Bottleneck
from .space import MobileSpace

__all__ = ["PiNas", "Stem"]

Stem = Literal["imagenet", "cifar"]

_MOST_WIDTH: Final = 1024
_MOST_STAGES: Final = 4
_MOST_BLOCKS: Final = 32  # of a stage


class _Kind(NamedTuple):
    """A candidate; `base` is how wide each of its groups is where the stage has 64 planes."""

    radix: int
    cardinality: int
    base: int

    @property
    def name(self) -> str:
        """Its name, such as `r2c1w64`."""
        return f"r{self.radix}c{self.cardinality}w{self.base}"


_KINDS: Final = (_Kind(1, 1, 64), _Kind(2, 1, 64), _Kind(1, 2, 42), _Kind(2, 2, 40))


class PiNas(MobileSpace):
    """One of four bottlenecks with split attention in each of 16 blocks, whose shortcut they share: 4^16 networks.

    `r2c1w64` has radix 2 (the number of splits), cardinality 1 (groups within a split) and base width 64. With it in
    all blocks the network is ResNeSt-50 (Zhang et al., 2020): it has the 27,483,240 parameters of the released model.
    Body and candidates are as in the released code of Pi-NAS; the kernels of average pooling (3x3 within a
    bottleneck, 2x2 in a shortcut), which change no count, are from memory, **not verified**.

    Smaller networks are our form. Where the channels do not divide evenly into groups they are rounded up to the next
    number that does, which does not happen with a `width` of 64.

    Args:
        resolution: height and width of the images.
        classes: outputs of the classifier.
        width: planes of the first stage, an even number. Each stage has twice as many, and four times its planes as
            outputs.
        blocks: the number of blocks of each stage; all stages but the first begin with one of stride 2.
        stem: `imagenet`, which reduces images four times, or `cifar`, one 3x3 convolution, which does not reduce them.

    Raises:
        InvalidOption: an option that is none.
    """

    name = "pi-nas"

    def __init__(
        self,
        resolution: int = 224,
        classes: int = 1000,
        width: int = 64,
        blocks: Sequence[int] = (3, 4, 6, 3),
        stem: Stem = "imagenet",
    ) -> None:
        builder, depths = NetworkBuilder((resolution,), classes), _depths(blocks)
        check_whole("the width", width)
        if width % 2 or width > _MOST_WIDTH:
            raise InvalidOption(f"the width of {self.name} is an even number to {_MOST_WIDTH:,}, not {width}.")
        if stem not in get_args(Stem):
            raise InvalidOption(f"the stem of {self.name} is imagenet or cifar, not {stem!r}.")
        if stem == "imagenet":
            builder.deep_stem(width // 2)
        else:
            builder.stem(width, stride=1)
        for stage, depth in enumerate(depths):
            layers = partial(_bottlenecks, builder, width * 2**stage)
            stride = 2 if stage else 1
            builder.candidate_stage(
                4 * width * 2**stage, depth, [kind.name for kind in _KINDS], layers, stride=stride, residual=True
            )
        recipe = {"resolution": resolution, "classes": classes, "width": width, "blocks": depths, "stem": stem}
        super().__init__(builder.choices, builder.head(None, None), recipe)


def _bottlenecks(
    builder: NetworkBuilder, planes: int, width: Elastic, where: str, stride: int
) -> Sequence[Bottleneck]:
    """Return the candidates of the next block."""

    def made(radix: int, cardinality: int, base: int) -> Bottleneck:
        mid = _rounded_up(planes * base // 64 * cardinality, radix * cardinality)
        hidden = _rounded_up(max(mid * radix // 4, 32), cardinality)
        return Bottleneck(builder.width, mid, hidden, width, builder.side, radix, cardinality, stride)

    return [made(*kind) for kind in _KINDS]


def _rounded_up(width: int, divisor: int) -> int:
    return -(-width // divisor) * divisor


def _depths(blocks: object) -> tuple[int, ...]:
    """Return the number of blocks of each stage as a tuple."""
    depths = tuple(blocks) if isinstance(blocks, Iterable) and not isinstance(blocks, str) else ()
    if not 1 <= len(depths) <= _MOST_STAGES:
        raise InvalidOption(f"blocks of {PiNas.name} are 1 to {_MOST_STAGES} numbers, a stage each, not {blocks!r}.")
    for depth in depths:
        check_whole("a number of blocks", depth)
        if depth > _MOST_BLOCKS:
            raise InvalidOption(f"a stage of {PiNas.name} has 1 to {_MOST_BLOCKS} blocks, not {depth:,}.")
    return depths
