"""What a network is trained for: accuracies, or their order.

A loss takes `(n,)` predictions and `(n,)` targets, higher is better, and returns a scalar that is never negative. The
ranking losses do not change when a constant is added to all predictions. "Loss Functions for Predictor-based Neural
Architecture Search" (Ji et al., ICCV 2025) compares losses of these kinds; here each is as in its original paper, but
for what its docstring says.
"""

from collections.abc import Callable
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from weaknas.errors import InvalidOption

__all__ = ["LOSSES", "hinge", "listmle", "logistic", "loss_named", "mse", "warp"]

Loss = Callable[[Tensor, Tensor], Tensor]

_MARGIN: Final = 0.1  # in standard deviations of the targets


def mse(predictions: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error."""
    return F.mse_loss(predictions, targets)


def hinge(predictions: Tensor, targets: Tensor) -> Tensor:
    """Mean over the ordered pairs of what the better one's lead lacks of a margin of 0.1 (Herbrich et al., 2000).

    Zero where every better architecture is that far ahead of every worse one. Ties are no pairs.
    """
    better, lead = _pairs(predictions, targets)
    return (F.relu(_MARGIN - lead) * better).sum() / better.sum().clamp(min=1)


def logistic(predictions: Tensor, targets: Tensor) -> Tensor:
    """Mean over the ordered pairs of -log P(the better one wins) (RankNet, Burges et al., ICML 2005).

    The probability that i beats j is the sigmoid of the difference of their predictions (Bradley and Terry, 1952).
    """
    better, lead = _pairs(predictions, targets)
    return (F.softplus(-lead) * better).sum() / better.sum().clamp(min=1)


def listmle(predictions: Tensor, targets: Tensor) -> Tensor:
    """Negative log-likelihood of the true order, per item, in the model of Plackett and Luce (Xia et al., ICML 2008).

    Tied targets are taken in the order in which they come.
    """
    ordered = predictions[torch.argsort(targets, descending=True, stable=True)]
    rest = torch.logcumsumexp(ordered.flip(0), 0).flip(0)  # log of the sum over those that are not better
    return (rest - ordered).mean()


def warp(predictions: Tensor, targets: Tensor) -> Tensor:
    """Weighted approximate-rank pairwise loss (Weston et al., WSABIE, IJCAI 2011), on graded targets.

    The loss of an architecture is its mean hinge over the worse ones that come within the margin of it, times
    `1 + 1/2 + ... + 1/k` for `k` of these violators, which puts the weight on the top of the list. It is also
    weighted by the share of the others that are worse, since only the best are of use. Zero where `hinge` is. The
    paper draws violators until it finds one to estimate `k`; here the batch is small enough to count them.
    """
    better, lead = _pairs(predictions, targets)
    hinges = F.relu(_MARGIN - lead) * better
    violators = (hinges > 0).sum(1)
    harmonic = torch.cumsum(1 / torch.arange(1, len(targets) + 1, dtype=targets.dtype), 0)
    weight = F.pad(harmonic, (1, 0))[violators] * better.mean(1)
    return (weight * hinges.sum(1) / violators.clamp(min=1)).mean()


def _pairs(predictions: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return `(n, n)` whether the row's item is better than the column's, as 0 and 1, and the predicted leads."""
    better = (targets[:, None] > targets).to(predictions.dtype)
    return better, predictions[:, None] - predictions


LOSSES: Final[dict[str, Loss]] = {
    "mse": mse,
    "hinge": hinge,
    "logistic": logistic,
    "listmle": listmle,
    "warp": warp,
}


def loss_named(name: str) -> Loss:
    """Return a loss.

    Raises:
        InvalidOption: there is none of that name.
    """
    if name not in LOSSES:
        raise InvalidOption(f"there is no loss {name!r}; known: {', '.join(LOSSES)}.")
    return LOSSES[name]
