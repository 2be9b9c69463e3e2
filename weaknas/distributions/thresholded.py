"""Independent choices whose small weights are exactly zero."""

from collections.abc import Mapping
from math import log

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Batch, Space
from .categorical import Independent

__all__ = ["Thresholded"]

_HIGHEST = 0.999  # of a threshold: at 1 nothing would be above it
_TINY = 1e-12


class Thresholded(Independent):
    """Independent choices of whose options only those above a learned threshold have a weight (EnTranNAS-DST).

    The differentiable sparsification of Yang et al., CVPR 2021, by the equations that a survey gives of it, not
    checked against the paper's text. With `p = softmax(logits / temperature)` over the options of each choice but
    `none`, and a threshold `t = sigmoid(beta)` for each node (`Space.nodes`),

        q = relu(p / (largest p of the node) - t),    weight = q / (sum of q over the choice's options).

    What survives has a weight above 0, all else 0 exactly. The largest of each node survives, since `t < 1`. Of a
    choice (an edge into the node) any number of options may, and where not one does it is `none` with weight 1, or
    where there is no such option (our own form) its largest. So the weights of each choice sum to one, and `mode`
    takes the largest of those that they leave.

    `sample` and `log_prob` are those of `Independent`, of the logits alone.

    Args:
        space: the architectures.
        threshold: of every node to begin with; a small one, so that all options can learn.
        temperature: of the softmax; the lower, the fewer survive.

    Attributes:
        beta: `(nodes,)` what the thresholds are made of, in the order of `Space.nodes`.
        temperature: a scalar on the distribution's device, saved with it.

    Raises:
        InvalidOption: the temperature is not positive, or the threshold not between 0 and 1.
    """

    temperature: Tensor
    _usable: Tensor  # (g, c) which places are options that compute something
    _none: Tensor  # (g,) the number of the option `none`, -1 where there is no such option
    _node: Tensor  # (g,) the number of each choice's node
    _members: Tensor  # (nodes, m) the numbers of each node's choices, filled up with their number

    def __init__(self, space: Space, threshold: float = 0.1, temperature: float = 1.0) -> None:
        if not temperature > 0:
            raise InvalidOption(f"the temperature of a softmax is a positive number, not {temperature!r}.")
        if not 0 < threshold < 1:
            raise InvalidOption(f"a threshold on shares of the largest is between 0 and 1, not {threshold!r}.")
        super().__init__(space)
        self.beta = nn.Parameter(torch.full((len(space.nodes),), log(threshold / (1 - threshold))))
        self.register_buffer("temperature", torch.tensor(float(temperature)))
        places = {choice.name: place for place, choice in enumerate(space.choices)}
        members = [[places[choice.name] for choice in choices] for choices in space.nodes.values()]
        none = [-1 if choice.none is None else choice.none for choice in space.choices]
        usable = np.arange(max(space.options)) < space.options[:, None]
        usable &= np.arange(max(space.options)) != np.array(none)[:, None]
        constants = {"usable": torch.from_numpy(usable), "none": torch.tensor(none)}
        constants["node"] = torch.tensor(
            [next(number for number, node in enumerate(members) if place in node) for place in places.values()]
        )
        constants["members"] = nn.utils.rnn.pad_sequence(
            [torch.tensor(node) for node in members], batch_first=True, padding_value=len(places)
        )
        for name, values in constants.items():  # they follow from the space: not part of what is saved
            self.register_buffer(f"_{name}", values, persistent=False)

    @property
    def thresholds(self) -> Tensor:
        """The `(nodes,)` thresholds, below 1."""
        return self.beta.sigmoid().clamp_max(_HIGHEST)

    def weights(self) -> Mapping[str, Tensor]:
        """Return the `(options,)` weights of each choice by its name, differentiable in the logits and thresholds."""
        return self._by_choice(self._weights())

    def survivors(self) -> Tensor:
        """Return how many options have a weight, over all choices, `none` not counted."""
        return ((self._weights() != 0) & self._usable).sum()

    def entropy(self) -> Tensor:
        """Return the sum of the entropies of each choice's weights."""
        weights = self._weights()
        return -torch.special.xlogy(weights, weights).sum()

    def mode(self) -> Batch:
        """Return the architecture of each choice's largest weight.

        Raises:
            InvalidArchitecture: these options together make none.
        """
        row = self._rows(self._weights().argmax(1)[None].cpu().numpy())
        if not self.space.is_valid(row).all():
            raise InvalidArchitecture(
                f"the largest survivors of all choices are no architecture of {self.space.name}."
            )
        return row

    def _weights(self) -> Tensor:
        """Return the `(g, c)` weights, zero where there is no option."""
        logits = self._matrix(self.logits / self.temperature)
        probs = logits.masked_fill(~self._usable, torch.finfo(logits.dtype).min).softmax(1) * self._usable
        largest = F.pad(probs.amax(1), (0, 1))[self._members].amax(1)
        shares = probs / largest.clamp_min(_TINY)[self._node, None]
        above = F.relu(shares - self.thresholds[self._node, None])
        total = above.sum(1, keepdim=True)
        alone = torch.where(self._none < 0, probs.argmax(1), self._none)
        instead = F.one_hot(alone, probs.shape[1]).to(probs.dtype)
        return torch.where(total > 0, above / total.clamp_min(_TINY), instead)

    def _by_group(self) -> dict[str | tuple[str, ...], Tensor]:
        """Return the weights in place of probabilities, for the expected cost."""
        weights = self.weights()
        return {choice.name: weights[choice.name] for choice in self.space.choices}
