"""Weight-sharing supernets over spaces of whole networks; needs the extra `weaknas[supernet]`."""

from importlib.util import find_spec

from ..errors import MissingExtra

if missing := [name for name in ("torch", "safetensors", "PIL") if find_spec(name) is None]:
    raise MissingExtra(
        f"weaknas.supernet needs {' and '.join(missing)}; run: pip install 'weaknas[supernet]'.", name=missing[0]
    )

from .checkpoints import Checkpoint, load, load_into, save
from .mixture import mixture_of
from .mobile.released import load_released
from .recalibration import recalibrate
from .selection import Each, Mix, Path, Selection, active_options, onehot
from .subnet import SubNet
from .supernet import Supernet, make_supernet

__all__ = [
    "Checkpoint",
    "Each",
    "Mix",
    "Path",
    "Selection",
    "SubNet",
    "Supernet",
    "active_options",
    "load",
    "load_into",
    "load_released",
    "make_supernet",
    "mixture_of",
    "onehot",
    "recalibrate",
    "save",
]
