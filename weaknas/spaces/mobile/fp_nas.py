"""The spaces of FP-NAS (Yan et al., CVPR 2021), as far as they are known."""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from ...doors import unknown
from ..elastic import fixed
from .layers import Act
from .network_builder import NetworkBuilder, sides_of
from .space import MobileSpace

__all__ = ["VARIANTS", "FpNas"]

_KERNELS: Final = (3, 5, 7)
_ACTS: Final[tuple[Act, ...]] = ("relu", "hswish")
_EXPANSIONS: Final = (0.75, 1.5, 2.25, 3.0, 3.75, 4.5)


class _Group(NamedTuple):
    """Blocks that are chosen alike: options of width, how many blocks, the stride of the first."""

    widths: tuple[int, ...]
    blocks: int
    stride: int


# The least width of each stage, the step to the next, whether the first block halves the image.
_STAGES: Final = ((16, 4, True), (16, 8, True), (48, 8, True), (72, 8, False), (112, 8, True))


def _groups(widest: Sequence[int], blocks: Sequence[int]) -> tuple[_Group, ...]:
    """Return the groups after the first from the largest width of each stage and its blocks that keep the image."""
    groups: list[_Group] = []
    for (least, step, halves), most, more in zip(_STAGES, widest, blocks, strict=True):
        widths = tuple(range(least, most + 1, step))
        groups += [_Group(widths, 1, 2)] * halves + [_Group(widths, more, 1)]
    return tuple(groups)


class _Variant(NamedTuple):
    """A space: image size, groups of blocks after the first, options of splits; whether each block is a group."""

    resolution: int
    groups: tuple[_Group, ...]
    splits: tuple[int, ...] = (0, 1, 2, 4)
    fine: bool = False


_F: Final = _groups((28, 40, 96, 128, 216), (2, 2, 2, 4, 3))
VARIANTS: Final[dict[str, _Variant]] = {
    "f": _Variant(128, _F, splits=(0, 1)),
    "f-fine": _Variant(128, _F, splits=(0, 1), fine=True),
    "f++": _Variant(128, _F),
    "l0": _Variant(224, _groups((36, 56, 112, 160, 256), (3, 3, 3, 5, 4))),
    "l1": _Variant(256, _groups((40, 64, 128, 176, 288), (3, 4, 4, 6, 5))),
    "l2": _Variant(288, _groups((44, 72, 144, 192, 320), (4, 4, 4, 6, 6))),
}
"""The spaces; `l0` to `l2` are tables of our own."""


class FpNas(MobileSpace):
    """Width, kernel, expansion, activation and attention of groups of blocks that are alike.

    The paper's tables are not known here. What is known of them, from secondary accounts and so **not verified**:
    a layer has five variables, with up to 3, 2, 2, 6 and 10 options (kernel, activation, squeeze and excitation,
    expansion, width), and so none to pass it over. In `f` all blocks of a group (a row of FBNetV2's table) share one
    choice of each; in `f-fine` every block has its own; in `f++` the attention has 1 (squeeze and excitation), 2 or 4
    splits, or is left out. `l0`, `l1` and `l2` are for networks of some 0.4, 0.7 and 1.0 billion multiply-accumulates.

    Ours are: kernels 3, 5 and 7; widths, blocks and strides after the secondary account of FBNetV2's table, in which
    the first block of a stage that halves the image is a group of its own; images of 128 pixels; and all of the three
    `l`, which are wider, deeper and have larger images. This agrees with the account in the entropy of `f`: 58 nats, a
    quarter of which is about the 14 samples that FP-NAS begins with. It does not in the largest network: that of
    `f++` at 128 pixels is said to have 122 million multiply-accumulates, and has 282 million here (that of `f` has 162
    million, and with kernels of 3 everywhere 130 million).

    Weights are shared by widths, expansions and kernels, which are the centres of the largest (our form); each
    activation with each number of splits has its own, as the account says of splits. The activation within the
    attention is ReLU.

    Args:
        variant: a key of `VARIANTS`.
        resolutions: image sizes to choose from; that of the variant by default.
        classes: outputs of the classifier.

    Raises:
        NotFound: there is no such variant.
        InvalidOption: resolutions or classes that are none.
    """

    def __init__(self, variant: str, resolutions: Sequence[int] | None = None, classes: int = 1000) -> None:
        if variant not in VARIANTS:
            raise unknown("space of FP-NAS", variant, VARIANTS)
        self.name = f"fp-nas-{variant}"
        made = VARIANTS[variant]
        sides = sides_of((made.resolution,) if resolutions is None else resolutions)
        builder = NetworkBuilder(sides, classes, keep=0.95)
        stage = partial(builder.elastic_stage, kernel=_KERNELS, act=_ACTS, splits=made.splits, alike=True)
        builder.stem(16, act="hswish")
        stage((12, 16), 1, expansion=1)
        for group in made.groups:
            for widths, blocks, stride in _one_by_one(group) if made.fine else [group]:
                stage(widths, blocks, expansion=_EXPANSIONS, stride=stride)
        network = builder.head(fixed(1984), None, act="hswish")
        super().__init__(builder.choices, network, {"resolutions": sides, "classes": classes})


def _one_by_one(group: _Group) -> list[_Group]:
    """Return a group for each block of one."""
    return [group._replace(blocks=1, stride=group.stride if place == 0 else 1) for place in range(group.blocks)]


f, f_fine, f_plus_plus, l0, l1, l2 = (partial(FpNas, variant) for variant in VARIANTS)
"""What makes each space, for the door: `fp-nas-f` and so on."""
