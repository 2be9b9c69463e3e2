"""What several predictors share: scaling, forests, Gaussian processes, and members that are made by name."""

from typing import Final

__all__ = ["RICH"]

RICH: Final = ("adjacency+path:40+counts+wl", "onehot+counts", "onehot")
"""Encodings, best first, for models that gain by many views of a cell: all but networks, as measured."""
