"""Search spaces: what an architecture is.

`NasBench101`, `NasBench201`, `NatsSize`, `OfaMobileNetV3` and `Choices` are spaces; `Rows` is a finite part of one,
`Restricted` the part that satisfies a condition. `known(name)` gives a space by the name that stands in the card of a
table.
"""

from ..doors import unknown
from .base import ENUMERABLE, Batch, Floats, Keys, Priced, Space
from .choices import Choices
from .cost import Cost
from .graphs import Graphs
from .nasbench101 import NasBench101
from .nasbench201 import NasBench201
from .nats_size import NatsSize
from .ofa import OfaMobileNetV3
from .restricted import Restricted
from .rows import Rows, as_rows

__all__ = [
    "ENUMERABLE",
    "Batch",
    "Choices",
    "Cost",
    "Floats",
    "Graphs",
    "Keys",
    "NasBench101",
    "NasBench201",
    "NatsSize",
    "OfaMobileNetV3",
    "Priced",
    "Restricted",
    "Rows",
    "Space",
    "as_rows",
    "known",
]

_KNOWN = {space.name: space for space in (NasBench101, NasBench201, NatsSize, OfaMobileNetV3)}


def known(name: str) -> Space:
    """Return the space of a name.

    Raises:
        NotFound: no space has this name.
    """
    if name not in _KNOWN:
        raise unknown("space", name, _KNOWN)
    return _KNOWN[name]()
