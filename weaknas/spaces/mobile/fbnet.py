"""FBNetV2 (Wan et al., CVPR 2020): the networks found, exactly, and the space they were found in, as far as known."""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Final, NamedTuple

from ...doors import unknown
from ..elastic import Elastic, fixed, lift
from .layers import Conv, MBConv
from .network_builder import NetworkBuilder, Options, sides_of
from .space import MobileSpace

__all__ = ["NETWORKS", "FbnetV2", "FbnetV2Network"]

_NAMES: Final = tuple("k" + "".join(word) for word in product("35", ("", "se"), ("", "hs")))
_STAGES: Final = (  # widths, blocks, stride
    (tuple(range(16, 29, 4)), 3, 2),
    (tuple(range(16, 41, 8)), 3, 2),
    (tuple(range(48, 97, 8)), 3, 2),
    (tuple(range(72, 129, 8)), 4, 1),
    (tuple(range(112, 217, 8)), 4, 2),
)
_EXPANSIONS: Final = (0.75, 1.5, 2.25, 3.0, 3.75, 4.5)

# Blocks of the networks found: layer, channels, stride, expansion.
_Blocks = tuple[tuple[tuple[str, int, int, float], ...], ...]


class _Description(NamedTuple):
    """A network; `last` is the expansion before pooling, and widths within blocks are multiples of `divisor`."""

    resolution: int
    stem: int
    stages: _Blocks
    features: int
    last: int = 6
    divisor: int = 8


_SMALLEST: Final[_Blocks] = (
    (("k5hs", 8, 1, 1),),
    (("k5hs", 16, 2, 4), ("k5hs", 16, 1, 3)),
    (("k5se", 24, 2, 4), ("k5se", 24, 1, 3)),
    (("k5sehs", 48, 2, 4), ("k3sehs", 48, 1, 3), ("k5sehs", 64, 1, 3), ("k5sehs", 64, 1, 2)),
    (("k3sehs", 128, 2, 3), ("k5sehs", 160, 1, 3), ("skip", 192, 1, 4)),
)
_SMALL: Final[_Blocks] = (
    (("k5", 8, 1, 1),),
    (("k5", 24, 2, 5.4566), ("k5", 24, 1, 4.7912)),
    (("k5se", 32, 2, 5.3501), ("k5se", 24, 1, 4.5379)),
    (
        ("k5hs", 56, 2, 5.7133),
        ("k3hs", 56, 1, 4.1212),
        ("k3sehs", 56, 1, 5.1246),
        ("skip", 80, 1, 5.0333),
        ("k5sehs", 80, 1, 4.5070),
        ("k5sehs", 80, 1, 1.7712),
    ),
    (("k3sehs", 144, 2, 4.5685), ("k5sehs", 144, 1, 5.84), ("k5sehs", 144, 1, 6.8754), ("skip", 224, 1, 6.5245)),
)
_F4: Final[_Blocks] = (
    (("k3hs", 16, 1, 1),),
    (("k5hs", 24, 2, 5.4566), ("k5hs", 24, 1, 1.7912), ("k5hs", 24, 1, 1.7912)),
    (("k5se", 32, 2, 5.3501), ("k5se", 32, 1, 3.5379), ("k5se", 32, 1, 4.5379), ("k5se", 32, 1, 4.5379)),
    (
        ("k5hs", 64, 2, 5.7133),
        ("k3hs", 64, 1, 2.1212),
        ("skip", 64, 1, 3.1246),
        ("k3hs", 104, 1, 5.0333),
        ("k5sehs", 104, 1, 2.5070),
        ("k5sehs", 104, 1, 1.7712),
        ("k5sehs", 112, 1, 3.7712),
    ),
    (("k3sehs", 184, 2, 5.5685), ("k5sehs", 184, 1, 2.84), ("k5sehs", 184, 1, 4.8754), ("skip", 224, 1, 6.5245)),
)


def _large(add: int, first: str, second: str, squeezed: str, last: int) -> _Blocks:
    """The larger networks, which differ in channels, activations and the number of last blocks of the fourth stage."""
    wide = ("k5sehs", 112 + add, 1, 3.7712)
    return (
        ((first, 16 + add, 1, 1),),
        (
            (second, 24 + add, 2, 5.4566),
            (second, 24 + add, 1, 1.7912),
            (second.replace("k5", "k3"), 24 + add, 1, 1.7912),
            (second, 24 + add, 1, 1.7912),
        ),
        (
            (squeezed, 40 + add, 2, 5.3501),
            (squeezed, 32 + add, 1, 3.5379),
            (squeezed, 32 + add, 1, 4.5379),
            (squeezed, 32 + add, 1, 4.5379),
        ),
        (
            ("k5hs", 64 + add, 2, 5.7133),
            ("k3hs", 64 + add, 1, 2.1212),
            ("skip", 64 + add, 1, 3.1246),
            ("k3hs", 64 + add, 1, 3.1246),
            ("k3hs", 112 + add, 1, 5.0333),
            ("k5sehs", 112 + add, 1, 2.5070),
            ("k5sehs", 112 + add, 1, 1.7712),
            ("k5sehs", 112 + add, 1, 2.7712),
            *(wide,) * last,
        ),
        (
            ("k3sehs", 184 + add, 2, 5.5685),
            ("k5sehs", 184 + add, 1, 2.84),
            ("k5sehs", 184 + add, 1, 2.84),
            ("k5sehs", 184 + add, 1, 4.8754),
            ("k5sehs", 184 + add, 1, 4.8754),
            ("skip", 224 + 2 * add, 1, 6.5245),
        ),
    )


_L1: Final = _large(0, "k3hs", "k5hs", "k5sehs", 2)

NETWORKS: Final[dict[str, _Description]] = {
    "f0": _Description(224, 8, _SMALLEST, 1280, last=4),
    "f1": _Description(128, 8, _SMALL, 1600),
    "f2": _Description(160, 8, _SMALL, 1600),
    "f3": _Description(192, 8, _SMALL, 1984),
    "f4": _Description(224, 16, _F4, 1984),
    "l1": _Description(224, 16, _L1, 1984),
    "l2": _Description(256, 16, _L1, 1984),
    "l3": _Description(288, 24, _large(8, "k3", "k5", "k5se", 3), 1984, divisor=1),
}
"""The networks found, as released: `l3` comes from an earlier list, in which no width is rounded to multiples of 8."""


class FbnetV2(MobileSpace):
    """Layer and expansion of each block, width of each stage: about 1e34 architectures.

    This follows secondary accounts of the paper's largest table (the paper says about 1e35) and is not verified: the
    search code was not released. The networks in `NETWORKS` are exact, and not all in this space.

    Args:
        resolutions: image sizes to choose from.
        classes: outputs of the classifier.
    """

    name = "fbnetv2"

    def __init__(self, resolutions: Sequence[int] = (224,), classes: int = 1000) -> None:
        sides = sides_of(resolutions)
        builder = NetworkBuilder(sides, classes, keep=0.95)

        def stage(width: Options, blocks: int, names: Sequence[str], expansions: Options, stride: int) -> None:
            def layers(wide: Elastic, where: str, step: int) -> Sequence[MBConv]:
                expansion = builder.number(f"e{where}", expansions)
                return [_layer(builder, name, wide, expansion, step) for name in _NAMES]

            builder.candidate_stage(width, blocks, names, layers, stride=stride)

        builder.stem(16, act="hswish")
        stage((12, 16), 1, _NAMES, 1, 1)
        for width, blocks, stride in _STAGES:
            stage(width, blocks, [*_NAMES, "skip"], _EXPANSIONS, stride)
        network = builder.head(fixed(1984), None, act="hswish")
        super().__init__(builder.choices, network, {"resolutions": sides, "classes": classes})


class FbnetV2Network(MobileSpace):
    """One of the networks found, as a space of one architecture.

    Args:
        net: its name, a key of `NETWORKS`.
        classes: outputs of the classifier.

    Raises:
        NotFound: there is no such network.
    """

    def __init__(self, net: str, classes: int = 1000) -> None:
        if net not in NETWORKS:
            raise unknown("FBNetV2 network", net, NETWORKS)
        self.name = f"fbnetv2-{net}"
        found = NETWORKS[net]
        builder = NetworkBuilder((found.resolution,), classes, keep=0.95, divisor=found.divisor)
        builder.stem(found.stem, act="hswish", bias=True)
        for stage in found.stages:
            builder.begin_stage(stage[-1][1])
            for name, channels, stride, expansion in stage:
                if name != "skip":
                    builder.block([_layer(builder, name, fixed(channels), fixed(expansion), stride)])
                elif channels != builder.width.largest:
                    builder.block([Conv(builder.width, fixed(channels), builder.side)])
        final = lift(lambda width: builder.rounded(found.last * width), builder.width)
        network = builder.head(final, found.features, act="hswish")
        super().__init__(builder.choices, network, {"classes": classes})


f0, f1, f2, f3, f4, l1, l2, l3 = (partial(FbnetV2Network, net) for net in NETWORKS)
"""What makes each network, for the door: `fbnetv2-f0` and so on."""


def _layer(builder: NetworkBuilder, name: str, width: Elastic, expansion: Elastic, stride: int) -> MBConv:
    """Return the layer of a name: kernel, `se` for squeeze and excitation, `hs` for h-swish."""
    act: Final = "hswish" if name.endswith("hs") else "relu"
    return builder.mbconv(
        width,
        fixed(int(name[1])),
        expansion,
        stride=stride,
        act=act,
        splits=int("se" in name),
        hidden_act=act,
    )
