"""The MobileNetV3 space of Once-for-All (Cai et al., ICLR 2020)."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from ...errors import InvalidArchitecture, InvalidOption
from ..arrays import Batch, Floats
from ..elastic import divisible, fixed
from ..encodes import Encoder
from ..texts import as_texts
from .layers import Act
from .network_builder import NetworkBuilder, sides_of
from .space import MobileSpace

__all__ = ["DEPTHS", "EXPANSIONS", "KERNELS", "OfaMobileNetV3"]

DEPTHS: Final = (2, 3, 4)
KERNELS: Final = (3, 5, 7)
EXPANSIONS: Final = (3, 4, 6)
UNITS: Final[tuple[tuple[int, int, bool, Act], ...]] = (  # width before the multiplier, stride, squeeze, activation
    (24, 2, False, "relu"),
    (40, 2, True, "relu"),
    (80, 2, False, "hswish"),
    (112, 1, True, "hswish"),
    (160, 2, True, "hswish"),
)

_FOUND_WIDTH: Final = 1.2
_FOUND: Final = {  # the networks that WeakNAS found at this width (Wu et al., NeurIPS 2021)
    "weaknas-560": "r236;d4,3,3,3,4;k5,3,3,3,5,5,5,3,7,5,7,3,3,5,5,3,7,5,3,5;e3,3,4,3,4,6,4,3,4,6,6,3,6,6,6,3,6,6,6,3",
    "weaknas-593": "r236;d2,4,4,4,4;k3,5,3,3,7,5,7,3,3,7,5,7,3,3,5,5,7,5,3,5;e4,6,3,3,4,3,4,6,4,6,6,3,6,6,6,3,6,6,4,3",
}


class OfaMobileNetV3(MobileSpace):
    """Resolution, depth of each of five units, kernel and expansion of each of 20 block slots.

    A row holds 46 option numbers: resolution, 5 depths (into `DEPTHS`), 20 kernels (into `KERNELS`) and 20
    expansions (into `EXPANSIONS`), unit-major. Slots past a unit's depth are inactive and carry no meaning. Each
    resolution has (9^2 + 9^3 + 9^4)^5, about 2.2e19 architectures.

    Encodings: `onehot` (60 kernel, 60 expansion and one column per resolution; inactive slots all zero: the layout
    of the released accuracy predictor), `ordinal` (46 values: kernels, expansions, depths, resolution; inactive
    slots 0: what the WeakNAS notebook feeds its predictor, plus the resolution), `counts` (depths, mean kernel and
    expansion of each unit, resolution, log params, log MACs).

    Args:
        width: width multiplier, 1.0 or 1.2 in the released supernets.
        resolutions: image sizes to choose from; 128 to 224 in steps of 4, as in training, by default.
        classes: outputs of the classifier.

    Raises:
        InvalidOption: no resolutions, or a width that is not positive.
    """

    name = "ofa-mbv3"
    title = "the OFA MobileNetV3 space"

    def __init__(
        self, width: float = 1.0, resolutions: Sequence[int] = tuple(range(128, 225, 4)), classes: int = 1000
    ) -> None:
        self.resolutions = tuple(sorted(set(sides_of(resolutions))))
        is_number = isinstance(width, int | float) and not isinstance(width, bool)
        if not is_number or not 0 < width <= 100 or not self.resolutions or self.resolutions[0] < 32:
            raise InvalidOption("the OFA space needs a positive width and resolutions of 32 pixels or more.")
        self.width = width
        self.published = _FOUND if width == _FOUND_WIDTH else {}

        def wide(channels: int) -> int:
            return int(divisible(channels * width))

        builder = NetworkBuilder(self.resolutions, classes, first=0)
        builder.stem(wide(16), act="hswish")
        builder.elastic_stage(wide(16), 1, 3, 1, act="relu")
        for channels, stride, squeeze, act in UNITS:
            builder.elastic_stage(
                wide(channels),
                DEPTHS,
                KERNELS,
                EXPANSIONS,
                stride=stride,
                splits=int(squeeze),
                act=act,
                transform=True,
            )
        network = builder.head(fixed(wide(960)), wide(1280), act="hswish")
        recipe = {"width": width, "resolutions": self.resolutions, "classes": classes}
        super().__init__(builder.choices, network, recipe)

    def from_str(self, texts: Iterable[str]) -> Batch:
        """Return the rows of texts and published names, which are of one width."""
        texts = as_texts(texts)
        if foreign := [
            text for text in texts if isinstance(text, str) and text in _FOUND and text not in self.published
        ]:
            raise InvalidArchitecture(
                f"{foreign[0]} is a network of width {_FOUND_WIDTH:g}, and this space has width {self.width:g}; take "
                f"the space or the weights of width {_FOUND_WIDTH:g}, or write out the options: {_FOUND[foreign[0]]}."
            )
        return super().from_str(texts)

    @property
    def encoders(self) -> dict[str, Encoder]:
        """The encodings by name."""
        return {"onehot": self._released_onehot, "ordinal": self._notebook, "counts": self._counts}

    def _released_onehot(self, batch: Batch, argument: str = "") -> Floats:
        resolution = batch[:, :1] == np.arange(len(self.resolutions))
        slots = self._columns(batch, [choice for choice in self.choices if choice.kind in "ke"])
        return np.concatenate([slots, resolution], axis=1).astype(np.float32)

    def _notebook(self, batch: Batch, argument: str = "") -> Floats:
        resolution, depths, slots = np.split(self._ordinal(batch), [1, 6], axis=1)
        return np.concatenate([slots, depths, resolution], axis=1)
