"""The one recipe that all networks of a benchmark are trained with."""

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Recipe"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How networks are trained and measured; docs/digits.md says how it was chosen.

    Attributes:
        width: channels of the first cell; the second has twice as many.
        epochs: length of the schedule.
        fidelities: epochs along that schedule after which networks are measured too.
        batch: images of a step.
        learning_rate: at the start; it falls to 0 as a cosine, step by step.
        momentum: Nesterov's.
        weight_decay: of all parameters.
        rotation: largest rotation of an image, radians.
        scaling: largest change of its size, a fraction.
        shift: largest shift along each axis, a fraction of half the width.
        noise: standard deviation of Gaussian noise on training images, whose pixels span 0 to 1.
        copies: fixed distorted copies of each validation and test image at full fidelity.
        early_copies: how many of them the earlier fidelities see.
    """

    width: int = 8
    epochs: int = 6
    fidelities: tuple[int, ...] = (1, 2, 4)
    batch: int = 32
    learning_rate: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 5e-4
    rotation: float = 0.3
    scaling: float = 0.2
    shift: float = 0.2
    noise: float = 0.1
    copies: int = 8
    early_copies: int = 2

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as JSON has it."""
        return {**asdict(self), "fidelities": list(self.fidelities)}
