"""Search spaces: what an architecture is.

`NasBench101`, `NasBench201`, `NatsSize`, `HwGpt` and `Choices` are spaces, and so are those of mobile networks
(`OfaMobileNetV3`, `AttentiveNas`, `FbnetV2`, `SposMobileNet`, `PiNas`, a user's `UserMobile`); `Rows` is a finite part
of one, `Filtered` the part that satisfies a condition, `OptionSubset` the part with some of the options.
`weaknas.space(name)` makes a space by its name, which also stands in the card of a table.
"""

from .arrays import Batch, Floats, Keys
from .base import ENUMERABLE
from .cells.nasbench101 import NasBench101
from .cells.nasbench201 import NasBench201
from .choice import Choice
from .choices import Choices
from .cost import Cost, Priced
from .diagram import Arrow, Diagram, Vertex
from .elastic import Elastic
from .graphs import Graphs
from .hwgpt import HwGpt
from .mobile.attentive import AttentiveNas
from .mobile.fbnet import FbnetV2, FbnetV2Network
from .mobile.fp_nas import FpNas
from .mobile.ofa import OfaMobileNetV3
from .mobile.pi_nas import PiNas
from .mobile.space import MobileSpace
from .mobile.spos import SposMobileNet
from .mobile.user_mobile import UserMobile
from .nats_size import NatsSize
from .networks import NetworkSpace
from .rows import Rows, as_rows
from .space import Filtered, OptionSubset, Space

__all__ = [
    "ENUMERABLE",
    "Arrow",
    "AttentiveNas",
    "Batch",
    "Choice",
    "Choices",
    "Cost",
    "Diagram",
    "Elastic",
    "FbnetV2",
    "FbnetV2Network",
    "Filtered",
    "Floats",
    "FpNas",
    "Graphs",
    "HwGpt",
    "Keys",
    "MobileSpace",
    "NasBench101",
    "NasBench201",
    "NatsSize",
    "NetworkSpace",
    "OfaMobileNetV3",
    "OptionSubset",
    "PiNas",
    "Priced",
    "Rows",
    "Space",
    "SposMobileNet",
    "UserMobile",
    "Vertex",
    "as_rows",
]
