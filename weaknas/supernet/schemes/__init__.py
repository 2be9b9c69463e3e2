"""Schemes of training: which architectures a step trains, and with what loss.

A scheme knows a space and a supernet, never which family of networks they are of.
"""

from .attentivenas import AttentiveNas
from .base import Scheme, Span, Step, extremes
from .bignas import BigNas
from .ofa import Ofa
from .spos import Spos

__all__ = ["SCHEMES", "AttentiveNas", "BigNas", "Ofa", "Scheme", "Span", "Spos", "Step", "extremes"]

SCHEMES: dict[str, type[Scheme]] = {"attentivenas": AttentiveNas, "bignas": BigNas, "ofa": Ofa, "spos": Spos}
