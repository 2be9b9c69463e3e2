"""Numbers that say how well predictions rank architectures."""

from typing import NamedTuple

import numpy as np

from ..shared import Doubles

__all__ = ["Quality", "quality"]


_TOP = 0.05  # share of the architectures
_VERY_TOP = 0.005  # share
_PICKED = 10  # architectures


class Quality(NamedTuple):
    """How well predictions rank.

    Attributes:
        tau: Kendall's tau-b over all architectures.
        spearman: Spearman's correlation over all.
        tau_top: Kendall's tau-b among the truly best 5 %.
        regret_top: how far the predicted best 5 % are below the truly best architecture, on average, points.
        best_rank: rank of the truly best architecture in the predicted order, from 1.
        precision_top: share of the predicted best 0.5 % that truly are among the best 0.5 %.
        picked_rank: true rank of the best among the ten predicted best, from 1.
    """

    tau: float
    spearman: float
    tau_top: float
    regret_top: float
    best_rank: int
    precision_top: float
    picked_rank: int


def quality(predicted: Doubles, truth: Doubles) -> Quality:
    """Compare `(n,)` predictions with the `(n,)` true accuracies in percent; constant predictions have tau 0.

    Among equal predictions the order is that of a fixed shuffle, so that a constant predictor ranks by chance; of
    several equally good best architectures the first in the predicted order counts.
    """
    from scipy.stats import kendalltau, spearmanr

    shuffle = np.random.default_rng(0).permutation(len(truth))
    predicted, truth = predicted[shuffle], truth[shuffle]
    order = np.argsort(-predicted, kind="stable")
    true_rank = np.searchsorted(np.sort(-truth), -truth) + 1  # ties share the better rank
    top, very_top, picked = (max(1, round(share * len(truth))) for share in (_TOP, _VERY_TOP, _PICKED / len(truth)))
    best = true_rank <= top
    constant = np.ptp(predicted) == 0
    return Quality(
        tau=0.0 if constant else float(kendalltau(predicted, truth).statistic),
        spearman=0.0 if constant else float(spearmanr(predicted, truth).statistic),
        tau_top=0.0 if np.ptp(predicted[best]) == 0 else float(kendalltau(predicted[best], truth[best]).statistic),
        regret_top=float(truth.max() - truth[order[:top]].mean()),
        best_rank=int(np.argmax(true_rank[order] == 1)) + 1,
        precision_top=float((true_rank[order[:very_top]] <= very_top).mean()),
        picked_rank=int(true_rank[order[:picked]].min()),
    )
