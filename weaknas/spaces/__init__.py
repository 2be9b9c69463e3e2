"""Search spaces: what an architecture is.

`NasBench101`, `NasBench201`, `NatsSize` and `Choices` are spaces, and so are those of mobile networks
(`OfaMobileNetV3`, `AttentiveNas`, `FbnetV2`, `SposMobileNet`, a user's `OwnMobile`); `Rows` is a finite part of one,
`Restricted` the part that satisfies a condition, `Narrowed` the part with some of the options. `known(name)` gives a
space by the name that stands in the card of a table.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..doors import from_data, unknown
from ..errors import InvalidOption, UntrustedName, WeaknasError
from .arrays import Batch, Floats, Keys
from .attentive import AttentiveNas
from .base import ENUMERABLE, Priced, Space
from .choices import Choices
from .cost import Cost
from .elastic import Choice, Elastic
from .fbnet import FOUND, FbnetV2, FbnetV2Found
from .graphs import Graphs
from .mobile import MobileSpace
from .narrowed import Narrowed
from .nasbench101 import NasBench101
from .nasbench201 import NasBench201
from .nats_size import NatsSize
from .ofa import OfaMobileNetV3
from .own import OwnMobile
from .restricted import Restricted
from .rows import Rows, as_rows
from .spos import SposMobileNet

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
    "Floats",
    "Graphs",
    "Keys",
    "MobileSpace",
    "Narrowed",
    "NasBench101",
    "NasBench201",
    "NatsSize",
    "OfaMobileNetV3",
    "OwnMobile",
    "Priced",
    "Restricted",
    "Rows",
    "Space",
    "SposMobileNet",
    "as_rows",
    "known",
]

_KNOWN: dict[str, Callable[..., Space]] = {
    **{
        space.name: space
        for space in (NasBench101, NasBench201, NatsSize, OfaMobileNetV3, AttentiveNas, FbnetV2, SposMobileNet)
    },
    **{f"fbnetv2-{net}": partial(FbnetV2Found, net) for net in FOUND},
    "mobile": OwnMobile,
}


def known(name: str, **options: Any) -> Space:
    """Return the space of a name, or of a TOML file.

    Args:
        name: a name, or a path that ends in `.toml` (see `OwnMobile`).
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
        return OwnMobile.from_toml(name)
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
