"""Training a supernet: one loop for all schemes, on one device or several."""

from .loop import Progress, train
from .recipe import Recipe
from .trainer import Trainer

__all__ = ["Progress", "Recipe", "Trainer", "train"]
