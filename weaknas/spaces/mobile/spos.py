"""The MobileNet-like space in which SPOS and BN-NAS (Chen et al., ICCV 2021) are compared."""

from collections.abc import Sequence
from itertools import product
from typing import Final

from ..elastic import Elastic, fixed
from .layers import MBConv
from .network_builder import NetworkBuilder
from .space import MobileSpace

__all__ = ["SposMobileNet"]

_STAGES: Final = ((32, 4, 2), (56, 4, 2), (112, 4, 2), (128, 4, 1), (256, 4, 2), (432, 1, 1))  # width, blocks, stride
_LAYERS: Final = tuple(product((3, 5, 7), (3, 6)))  # kernel, expansion


class SposMobileNet(MobileSpace):
    """One of six inverted bottlenecks at each of 21 places, with weights of its own; 15 places may be passed over.

    Args:
        resolution: height and width of the images.
        classes: outputs of the classifier.
    """

    name = "spos-mobilenet"

    def __init__(self, resolution: int = 224, classes: int = 1000) -> None:
        builder = NetworkBuilder((resolution,), classes)

        def layers(width: Elastic, where: str, stride: int) -> Sequence[MBConv]:
            return [builder.mbconv(width, fixed(k), fixed(e), stride=stride, act="relu6") for k, e in _LAYERS]

        builder.stem(40, act="relu6")
        builder.elastic_stage(24, 1, 3, 1, act="relu6")
        names = [*(f"k{kernel}e{expansion}" for kernel, expansion in _LAYERS), "skip"]
        for width, blocks, stride in _STAGES:
            builder.candidate_stage(width, blocks, names, layers, stride=stride)
        network = builder.head(fixed(1728), None, act="relu6")
        super().__init__(builder.choices, network, {"resolution": resolution, "classes": classes})
