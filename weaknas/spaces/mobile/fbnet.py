"""FBNetV2 (Wan et al., CVPR 2020): the networks found, exactly, and the space they were found in, as far as known."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, Final, NamedTuple

from ...doors import unknown
from ..arrays import Batch
from ..elastic import Elastic, fixed, lift
from .fbnet_networks import NETWORKS, FoundNetwork
from .layers import Conv, MBConv, MobileNetwork
from .network_builder import NetworkBuilder, Options, sides_of
from .space import MobileSpace

__all__ = ["Expressed", "FbnetV2", "FbnetV2Network"]

_NAMES: Final = tuple("k" + "".join(word) for word in product("35", ("", "se"), ("", "hs")))
_STAGES: Final = (  # widths, blocks, stride
    (tuple(range(16, 29, 4)), 3, 2),
    (tuple(range(16, 41, 8)), 3, 2),
    (tuple(range(48, 97, 8)), 3, 2),
    (tuple(range(72, 129, 8)), 4, 1),
    (tuple(range(112, 217, 8)), 4, 2),
)
_EXPANSIONS: Final = (0.75, 1.5, 2.25, 3.0, 3.75, 4.5)
_OF_ONE_SIDE: Final = ((1,), (2,), (3,), (4, 5), (6,))  # stages of the space that are one stage in the networks found


class Expressed(NamedTuple):
    """The architecture of a space nearest to a network found.

    Attributes:
        row: the architecture, a `(1, d)` batch.
        differences: what is otherwise here, in sentences that count stages and blocks as `NETWORKS` lists them.
    """

    row: Batch
    differences: tuple[str, ...]


class _Layer(NamedTuple):
    """A block of a network found; `name` is empty for a 1x1 convolution, which a skip that changes the width is."""

    where: str
    name: str
    channels: int
    expansion: float


class FbnetV2(MobileSpace):
    """Layer and expansion of each block, width of each stage: about 1e34 architectures.

    This follows secondary accounts of the paper's largest table (the paper says about 1e35) and is not verified: the
    search code was not released. The networks in `NETWORKS` are exact, and none is in this space to the last number;
    `express` finds the nearest.

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

    def express(self, net: str) -> Expressed:
        """Return the architecture nearest to one of the networks found, and what differs.

        As far as the space is known: it is not verified, and the network may have been found in another. The rule
        is ours: blocks without a skip stand in their order, one in each place of the stage, by their layers'
        names; those for which no place is left, and 1x1 convolutions, are left out. Resolution, widths and expansions
        are the nearest options: a stage has the one width with the smallest sum of distances to its blocks'. The two
        stages of 14x14 pixels (for images of 224) are one in the networks: it is cut where that sum is smallest.

        Args:
            net: its name, a key of `NETWORKS`.

        Raises:
            NotFound: there is no such network.
        """
        published, found = FbnetV2Network(net, self.classes).network, NETWORKS[net]
        options = {choice.name: choice.options for choice in self.choices}
        picked: dict[str, Any] = {name: "skip" for name, values in options.items() if "skip" in values}
        side = picked["r"] = _nearest(self.sides, [found.resolution])
        differences = list(_around(found, published, self.network))
        if side != found.resolution:
            differences.append(f"resolution {found.resolution} is not among those of the space, here {side}")
        for stages, layers in zip(_OF_ONE_SIDE, _layers(found), strict=True):
            for stage, part in zip(stages, _cut([options[f"w{stage}"] for stage in stages], layers), strict=True):
                differences += _place(part, stage, options, picked)
        row = [values.index(picked.get(name, values[0])) for name, values in options.items()]
        return Expressed(self.canonical(self.as_batch([row])), tuple(differences))


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


def _around(found: FoundNetwork, published: MobileNetwork, ours: MobileNetwork) -> Iterator[str]:
    """Say what differs outside of the stages, and in all of them."""
    yield f"the stem has {found.stem} channels and a bias, here {ours.stem.c_out.largest} and none"
    if found.divisor != 8:
        yield "widths within blocks are rounded to multiples of 8 here"
    yield (
        f"the head has {published.pooled.largest} channels before pooling and {found.features} after, "
        f"here {ours.pooled.largest} before and no convolution after"
    )


def _layers(found: FoundNetwork) -> Iterator[list[_Layer]]:
    """Return the blocks of each stage that are more than a skip."""
    width = found.stem
    for number, stage in enumerate(found.stages, 1):
        layers = []
        for place, (name, channels, _, expansion) in enumerate(stage, 1):
            if name != "skip" or channels != width:
                where = f"block {place} of stage {number}"
                layers.append(_Layer(where, name.removesuffix("skip"), channels, expansion))
            width = channels
        yield layers


def _cut(widths: Sequence[Sequence[int]], layers: Sequence[_Layer]) -> list[Sequence[_Layer]]:
    """Return the blocks of a stage of the network for each of the one or two stages that it is in the space."""

    def distance(cut: int) -> float:
        parts = ([layer.channels for layer in part] for part in (layers[:cut], layers[cut:]))
        return sum(_distance(_nearest(options, part), part) for options, part in zip(widths, parts, strict=True))

    if len(widths) == 1:
        return [layers]
    cut = min(range(1, len(layers)), key=distance)
    return [layers[:cut], layers[cut:]]


def _place(
    part: Sequence[_Layer], stage: int, options: Mapping[str, Sequence[Any]], picked: dict[str, Any]
) -> Iterator[str]:
    """Pick the options of a stage of the space for some blocks, and say what differs."""
    width = picked[f"w{stage}"] = _nearest(options[f"w{stage}"], [layer.channels for layer in part])
    places = iter([name[1:] for name in options if name.startswith(f"b{stage}.")])
    for where, name, channels, expansion in part:
        here = next(places, None) if name else None
        if here is None:
            yield (
                f"{where} is left out here" if name else f"{where}, a 1x1 convolution to {channels}, is left out here"
            )
            continue
        picked[f"b{here}"] = name
        near = picked[f"e{here}"] = _nearest(options.get(f"e{here}", (1,)), [expansion])
        if channels != width:
            yield f"{where} has {channels} channels, here {width}"
        if expansion != near:
            yield f"expansion {expansion:g} of {where} is {near:g} here"


def _nearest(options: Sequence[Any], wanted: Sequence[float]) -> Any:
    """Return the option with the smallest sum of distances to the numbers, of equals the first."""
    return min(options, key=lambda option: _distance(option, wanted))


def _distance(number: float, wanted: Sequence[float]) -> float:
    return sum(abs(number - one) for one in wanted)
