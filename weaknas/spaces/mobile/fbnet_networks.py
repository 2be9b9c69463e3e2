"""The networks that FBNetV2 (Wan et al., CVPR 2020) found, as released."""

from typing import Final, NamedTuple

__all__ = ["NETWORKS", "FoundNetwork"]

# Blocks of the networks found: layer, channels, stride, expansion.
_Blocks = tuple[tuple[tuple[str, int, int, float], ...], ...]


class FoundNetwork(NamedTuple):
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

NETWORKS: Final[dict[str, FoundNetwork]] = {
    "f0": FoundNetwork(224, 8, _SMALLEST, 1280, last=4),
    "f1": FoundNetwork(128, 8, _SMALL, 1600),
    "f2": FoundNetwork(160, 8, _SMALL, 1600),
    "f3": FoundNetwork(192, 8, _SMALL, 1984),
    "f4": FoundNetwork(224, 16, _F4, 1984),
    "l1": FoundNetwork(224, 16, _L1, 1984),
    "l2": FoundNetwork(256, 16, _L1, 1984),
    "l3": FoundNetwork(288, 24, _large(8, "k3", "k5", "k5se", 3), 1984, divisor=1),
}
"""The networks found, as released: `l3` comes from an earlier list, in which no width is rounded to multiples of 8."""
