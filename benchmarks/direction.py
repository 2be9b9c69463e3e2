"""Whether higher is better in a column: weaknas maximises, and a search on a loss or an error would be inverted.

Name and ranks show it: architectures with more parameters, with a higher accuracy in another column or with a lower
loss are better on average, never worse. A column that shows the opposite is refused until its owner vouches for it
(`higher_is_better`).
"""

import math
import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAXIMISED", "expected", "inverted", "lower_is_better", "spearman"]

MAXIMISED = "higher is better"
"""What a card says under `direction` where the owner vouches for it."""

_STRONG = 0.5  # Spearman's correlation
_SIGNIFICANT = 3.0  # standard deviations of that of unrelated columns
_LETTERS = re.compile(r"[^\W\d_]+")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of valErr
_LOSSES = re.compile(
    r"err|err(or)?s?|.*error.*|.+err|.*loss(es)?|.*(perplexity|ppl|entropy|regret|distance|deviation)"
    r"|.*mse|mae|mape|rmsd|nll|nlpd|wer|cer|ter|eer|ece|mce|fid|kid|lpips|brier|bpc|bpb|bpd|hinge|xent|mis(s|ses|class.*)"
    r"|incorrect|wrong|lower|smaller|minimi.*|fpr|fnr|rank|penalty|mistakes?|fail(s|ed|ures?)?|.*divergence|kld?|.*bce|ce"
    r"|rss|sse|.*msle|[sw]mape|mase|crps|hamming|huber|residuals?"
)
_COMPLEMENT = re.compile(  # 100-acc, -loss, one_minus_acc, neg_log_likelihood: the other way than what follows
    r"\W*(1|100)?\s*[-\u2212]|(.*[\W_])?(minus|neg|negative(?=[\W_]*log))[\W_]", re.IGNORECASE
)
_COSTS = re.compile(
    r".*(latency|time|runtime|seconds|secs|energy|memory|cost|duration)|ms|watts?|joules?|flops|macs|params"
)
_ACCURACIES = re.compile(r".*acc|.*accuracy|top|auc|auroc|ap|map|.*iou|bleu|precision|recall|correct|psnr|ssim")
_SIZES = re.compile(r"n?params?|n?parameters?|n?macs?|m?madds?|multadds?|[mg]?flops?|[mg]macs")
_SPREADS = re.compile(r"std(dev|ev|err)?|sd|sem|var|variance|gap|drop|diff|delta")
_SETTING = re.compile(r"params?[_.](?!(m|k|count|total|millions?)$)", re.IGNORECASE)  # as Optuna exports them


def lower_is_better(name: str) -> bool:
    """Return whether the name of a column is that of something to be made small: an error, a loss, a latency."""
    return _is_loss(name) or any(map(_COSTS.fullmatch, _words(name)))


def expected(name: str) -> int:
    """Return how a column goes with accuracy, by its name: 1 for sizes and accuracies, -1 for losses, 0 for others.

    The spread of an accuracy, the time to reach it and a parameter that a study set are others.
    """
    words = _words(name)
    if _SETTING.match(name) or any(map(_SPREADS.fullmatch, words)):
        return 0
    if _is_loss(name):
        return -1
    if any(map(_SIZES.fullmatch, words)):
        return 1
    return int(any(map(_ACCURACIES.fullmatch, words)) and not any(map(_COSTS.fullmatch, words)))


def _is_loss(name: str) -> bool:
    return any(map(_LOSSES.fullmatch, _words(name))) != bool(_COMPLEMENT.match(name))


def _words(name: str) -> set[str]:
    return {word.lower() for pattern in (_LETTERS, _PARTS) for word in pattern.findall(name)}


def inverted(values: NDArray[np.float64], others: Iterable[tuple[str, NDArray[np.float64]]]) -> str:
    """Return the evidence that lower is better in `(n,)` values, empty if there is none.

    Args:
        values: what is to be maximised.
        others: other columns of the same rows, by name.
    """
    for name, other in others:
        both = np.isfinite(values) & np.isfinite(other)
        correlation = spearman(values[both], other[both]) * expected(name)
        if correlation <= -_STRONG and abs(correlation) * math.sqrt(both.sum() - 1) >= _SIGNIFICANT:
            way = "falls" if expected(name) > 0 else "rises"
            return f"it {way} with {name} (Spearman {expected(name) * correlation:.2f} over {both.sum():,} rows)"
    return ""


def spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the correlation of the ranks of two columns, 0 where one is constant.

    Not scipy's, whose import would make opening a table three times as slow.
    """
    if len(first) < 2:
        return 0.0
    ranks: list[NDArray[np.float64]] = []
    for column in (first, second):
        _, at, counts = np.unique(column, return_inverse=True, return_counts=True)
        if len(counts) < 2:
            return 0.0
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[at])
    return float(np.corrcoef(ranks[0], ranks[1]).item(1))
