"""The space of AttentiveNAS (Wang et al., CVPR 2021), which AlphaNet shares."""

from collections.abc import Mapping
from typing import Final

from ..elastic import lift
from .network_builder import NetworkBuilder
from .space import MobileSpace

__all__ = ["AttentiveNas"]

_FOUND: Final = {
    "a0": "r192;w16,16,24,32,64,112,192,216,1792;d1,3,3,3,3,3,1;k3,3,3,3,3,3,3;e1,4,4,4,4,6,6",
    "a1": "r224;w16,16,24,32,64,112,192,216,1984;d1,3,3,3,3,3,1;k3,3,3,5,3,5,3;e1,4,4,4,4,6,6",
    "a2": "r224;w16,16,24,32,64,112,200,224,1984;d1,3,3,3,3,4,1;k3,3,3,3,3,5,3;e1,4,5,4,4,6,6",
    "a3": "r224;w16,16,24,32,64,112,208,224,1984;d2,3,3,4,3,5,1;k3,3,3,5,3,3,3;e1,4,4,4,4,6,6",
    "a4": "r256;w16,16,24,32,64,112,192,216,1984;d1,3,3,4,3,5,1;k3,3,3,5,3,5,3;e1,4,4,5,4,6,6",
    "a5": "r256;w16,16,24,32,72,112,192,216,1792;d1,3,3,3,4,6,1;k3,3,3,5,3,3,3;e1,4,5,4,4,6,6",
    "a6": "r288;w16,16,24,32,64,112,216,224,1984;d1,3,3,4,4,6,1;k3,3,3,3,3,5,3;e1,4,6,5,4,6,6",
}
_ALPHANET: Final = {
    **_FOUND,
    "a5": "r256;w16,16,24,32,64,112,208,216,1984;d1,3,3,4,4,5,1;k3,3,3,3,3,5,3;e1,4,4,5,4,6,6",
    "a5_1": "r288;w16,16,24,32,64,112,200,216,1984;d2,3,4,3,3,5,1;k3,3,5,5,3,3,3;e1,4,4,4,5,6,6",
}
_STAGES: Final = (  # widths, depths, kernels, expansions, stride, squeeze and excitation
    ((16, 24), (1, 2), (3, 5), (1,), 1, False),
    ((24, 32), (3, 4, 5), (3, 5), (4, 5, 6), 2, False),
    ((32, 40), (3, 4, 5, 6), (3, 5), (4, 5, 6), 2, True),
    ((64, 72), (3, 4, 5, 6), (3, 5), (4, 5, 6), 2, False),
    ((112, 120, 128), (3, 4, 5, 6, 7, 8), (3, 5), (4, 5, 6), 1, True),
    ((192, 200, 208, 216), (3, 4, 5, 6, 7, 8), (3, 5), (6,), 2, True),
    ((216, 224), (1, 2), (3, 5), (6,), 1, True),
)


class AttentiveNas(MobileSpace):
    """Resolution, nine widths, and depth, kernel and expansion of each of seven stages: 4.4e11 architectures.

    All blocks of a stage have the same width, kernel and expansion. `ordinal` is the 31 numbers that the authors'
    accuracy predictor is fitted to, in the order resolution, widths, depths, kernels, expansions.

    AlphaNet (Wang et al., ICML 2021) evaluates the networks of AttentiveNAS with weights of its own, but for another
    `a5` and with one more.

    Args:
        classes: outputs of the classifier.
    """

    name = "attentive-nas"
    published: Mapping[str, str] = {**_FOUND, **{f"alphanet-{net}": text for net, text in _ALPHANET.items()}}

    def __init__(self, classes: int = 1000) -> None:
        builder = NetworkBuilder((192, 224, 256, 288), classes)
        builder.stem((16, 24), act="swish")
        for width, depth, kernel, expansion, stride, squeeze in _STAGES:
            builder.elastic_stage(
                width,
                depth,
                kernel,
                expansion,
                stride=stride,
                alike=True,
                splits=int(squeeze),
                act="swish",
                shortcut="projection",
            )
        network = builder.head(lift(lambda width: 6 * width, builder.width), (1792, 1984), act="swish")
        super().__init__(builder.choices, network, {"classes": classes})
