"""Schemes of training: which architectures a step trains, and with what loss.

A scheme knows a space and a supernet, never which family of networks they are of. Schemes are found by name through
the door `weaknas.schemes`.
"""

from .attentivenas import AttentiveSampling
from .base import Scheme, Span, counts, make_scheme, rates
from .bignas import BigNas
from .bn_nas import BnNas
from .darts import Darts
from .dmasking import DMasking
from .entrannas import EnTranNas
from .extremes import extremes
from .fairnas import FairNas
from .fp_nas import FpNas
from .ofa import Ofa
from .pada import PaDa
from .parsec import Parsec
from .pi_nas import PiNas
from .searching import Searching
from .single import Single
from .sparse import Sparse
from .spos import Spos
from .step import Step

__all__ = [
    "AttentiveSampling",
    "BigNas",
    "BnNas",
    "DMasking",
    "Darts",
    "EnTranNas",
    "FairNas",
    "FpNas",
    "Ofa",
    "PaDa",
    "Parsec",
    "PiNas",
    "Scheme",
    "Searching",
    "Single",
    "Span",
    "Sparse",
    "Spos",
    "Step",
    "counts",
    "extremes",
    "make_scheme",
    "rates",
]
