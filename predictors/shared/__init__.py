"""What several predictors share: checks, scaling, forests, Gaussian processes, and members that are made by name."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["RICH", "Doubles"]

Doubles = NDArray[np.float64]  # what scores are computed in; `weaknas.spaces.Floats` is what features are stored in

RICH: Final = ("adjacency+path:40+counts+wl", "onehot+counts", "onehot")
"""Encodings, best first, for models that gain by many views of a cell: all but networks, as measured."""
