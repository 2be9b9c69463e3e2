"""Schemes of training: which architectures a step trains, and with what loss.

A scheme knows a space and a supernet, never which family of networks they are of. Schemes are found by name through
the door `weaknas.schemes`.
"""

from .attentivenas import AttentiveSampling
from .base import Scheme, Span, counts, make_scheme, rates
from .bignas import BigNas
from .extremes import extremes
from .ofa import Ofa
from .single import Single
from .spos import Spos
from .step import Step

__all__ = [
    "AttentiveSampling",
    "BigNas",
    "Ofa",
    "Scheme",
    "Single",
    "Span",
    "Spos",
    "Step",
    "counts",
    "extremes",
    "make_scheme",
    "rates",
]
