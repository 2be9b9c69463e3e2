"""Schemes of training: which architectures a step trains, and with what loss.

A scheme knows a space and a supernet, never which family of networks they are of.
"""

from .attentivenas import AttentiveSampling
from .base import Scheme, Span, Step, extremes
from .bignas import BigNas
from .ofa import Ofa
from .single import Single
from .spos import Spos

__all__ = ["SCHEMES", "AttentiveSampling", "BigNas", "Ofa", "Scheme", "Single", "Span", "Spos", "Step", "extremes"]

SCHEMES: dict[str, type[Scheme]] = {scheme.name: scheme for scheme in (AttentiveSampling, BigNas, Ofa, Single, Spos)}
