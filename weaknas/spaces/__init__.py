"""Search spaces: what an architecture is.

`NasBench101`, `NasBench201`, `NatsSize` and `Choices` are spaces, and so are those of mobile networks
(`OfaMobileNetV3`, `AttentiveNas`, `FbnetV2`, `SposMobileNet`, a user's `UserMobile`); `Rows` is a finite part of one,
`Filtered` the part that satisfies a condition, `OptionSubset` the part with some of the options. `known(name)` gives a
space by the name that stands in the card of a table.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..doors import from_data, unknown
from ..errors import InvalidOption, UntrustedName, WeaknasError
from .arrays import Batch, Floats, Keys
from .base import ENUMERABLE
from .cells.nasbench101 import NasBench101
from .cells.nasbench201 import NasBench201
from .choice import Choice
from .choices import Choices
from .cost import Cost, Priced
from .graphs import Graphs
from .mobile.attentive import AttentiveNas
from .mobile.elastic import Elastic
from .mobile.fbnet import FOUND, FbnetV2, FbnetV2Found
from .mobile.ofa import OfaMobileNetV3
from .mobile.space import MobileSpace
from .mobile.spos import SposMobileNet
from .mobile.user_mobile import UserMobile
from .nats_size import NatsSize
from .networks import NetworkSpace
from .rows import Rows, as_rows
from .space import Filtered, OptionSubset, Space

__all__ = [
    "ENUMERABLE",
    "AttentiveNas",
    "Batch",
    "Choice",
    "Choices",
    "Cost",
    "Elastic",
    "FbnetV2",
    "FbnetV2Found",
    "Filtered",
    "Floats",
    "Graphs",
    "Keys",
    "MobileSpace",
    "NasBench101",
    "NasBench201",
    "NatsSize",
    "NetworkSpace",
    "OfaMobileNetV3",
    "OptionSubset",
    "Priced",
    "Rows",
    "Space",
    "SposMobileNet",
    "UserMobile",
    "as_rows",
    "known",
]

_KNOWN: dict[str, Callable[..., Space]] = {
    **{
        space.name: space
        for space in (NasBench101, NasBench201, NatsSize, OfaMobileNetV3, AttentiveNas, FbnetV2, SposMobileNet)
    },
    **{f"fbnetv2-{net}": partial(FbnetV2Found, net) for net in FOUND},
    "mobile": UserMobile,
}


def known(name: str, **options: Any) -> Space:
    """Return the space of a name, or of a TOML file.

    Args:
        name: a name, or a path that ends in `.toml` (see `UserMobile`).
        options: what the space takes, such as `width=1.2`.

    Raises:
        NotFound: no space has this name, or there is no such file.
        UntrustedName: the name of a file is read from data.
        InvalidOption: the space does not take one of the options, or needs another.
    """
    if name.endswith(".toml") and from_data():
        raise UntrustedName(f"the space {name!r} is named by data, and would be read from a file; only a user may.")
    if name.endswith(".toml"):
        if options:
            raise InvalidOption(f"the space of a file takes no options, and {name} was given {', '.join(options)}.")
        return UserMobile.from_toml(name)
    if name not in _KNOWN:
        raise unknown("space", name, _KNOWN)
    try:
        inspect.signature(_KNOWN[name]).bind(**options)
    except TypeError as error:
        raise InvalidOption(f"the space {name!r}: {error}.") from None
    try:
        return _KNOWN[name](**options)
    except WeaknasError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InvalidOption(f"the space {name!r} cannot have {_written(options)}: {error}.") from error


def _written(options: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={repr(value)[:80]}" for name, value in options.items())
