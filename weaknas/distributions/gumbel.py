"""Independent choices whose weights are drawn and differentiable."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ..errors import InvalidOption
from ..spaces import Space
from .categorical import Independent

__all__ = ["Gumbel"]


class Gumbel(Independent):
    """Independent choices, relaxed to weights by Gumbel noise (Jang et al., Maddison et al., ICLR 2017).

    Everything but `weights` is as in `Independent`: the temperature is of the weights only.

    Args:
        space: the architectures.
        temperature: to begin with; FBNet's 5 by default. The lower, the closer drawn weights are to one-hot.

    Attributes:
        temperature: a scalar on the distribution's device, saved with it; `distribution.temperature.mul_(0.956)` after
            each epoch anneals it.

    Raises:
        InvalidOption: the temperature is not positive.
    """

    temperature: Tensor

    def __init__(self, space: Space, temperature: float = 5.0) -> None:
        if not temperature > 0:
            raise InvalidOption(f"the temperature of Gumbel weights is a positive number, not {temperature!r}.")
        super().__init__(space)
        self.register_buffer("temperature", torch.tensor(float(temperature)))

    def weights(self, rng: np.random.Generator | None = None) -> Mapping[str, Tensor]:
        """Return weights by the names of the choices: drawn ones, or without `rng` the probabilities.

        Drawn ones are `softmax((logits + noise) / temperature)`, new noise on each call.
        """
        if rng is None:
            return super().weights()
        noise = torch.from_numpy(rng.gumbel(size=len(self.logits))).to(self.logits)
        return self._by_choice(self._matrix((self.logits + noise) / self.temperature).softmax(1))
