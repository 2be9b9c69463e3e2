"""Training a supernet: one loop for all schemes, on one device or several."""

from .loop import TrainingProgress, train
from .optimisation import Optimisation
from .trainer import Trainer

__all__ = ["Optimisation", "Trainer", "TrainingProgress", "train"]
