"""What makes an architecture worth evaluating: numbers from a predictor's means and deviations, higher is better."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..spaces import Batch
from ..spaces.arrays import Numbers

__all__ = [
    "ACQUISITIONS",
    "UNCERTAIN",
    "Ranking",
    "expected_improvement",
    "mean",
    "picked",
    "thompson",
    "top",
    "upper_confidence_bound",
]


@dataclass(slots=True)
class Ranking:
    """Scored candidates; `batch` and `ids` are None where they are all the rows of the space."""

    batch: Batch | None
    ids: NDArray[np.int64] | None
    mean: NDArray[np.float64]
    std: NDArray[np.float64] | None


def mean(mu: Numbers, sd: Numbers, best: float, rng: np.random.Generator) -> Numbers:
    """Return the predicted scores themselves."""
    return mu


def expected_improvement(mu: Numbers, sd: Numbers, best: float, rng: np.random.Generator) -> Numbers:
    """Return how much each is expected to exceed the best score seen (Mockus 1975; Jones et al. 1998, eq. 15).

    The released WeakNAS code has it with the wrong sign, and from the worst score seen.
    """
    from scipy.special import ndtr

    gain = mu - best
    safe = np.maximum(sd, 1e-12)
    z = gain / safe
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    improvement: Numbers = np.where(sd > 0, gain * ndtr(z) + safe * density, np.maximum(gain, 0))
    return improvement


def upper_confidence_bound(mu: Numbers, sd: Numbers, best: float, rng: np.random.Generator) -> Numbers:
    """Return the score plus a deviation (Srinivas et al., ICML 2010, with a constant weight)."""
    bound: Numbers = mu + sd
    return bound


def thompson(mu: Numbers, sd: Numbers, best: float, rng: np.random.Generator) -> Numbers:
    """Return a draw from each architecture's own distribution (independent Thompson sampling; BANANAS, section 4)."""
    drawn: Numbers = mu + sd * rng.standard_normal(len(mu), dtype=np.float32)
    return drawn


ACQUISITIONS: dict[str, Callable[[Numbers, Numbers, float, np.random.Generator], Numbers]] = {
    "mean": mean,
    "ei": expected_improvement,
    "ucb": upper_confidence_bound,
    "thompson": thompson,
}
UNCERTAIN = frozenset({"ei", "ucb", "thompson"})
"""Those that need deviations."""


def top(scores: Numbers, n: int) -> NDArray[np.intp]:
    """Return the indices of the `n` highest scores, best first.

    Which of equal scores are taken, and in which order, follows from the scores, but not from their order.
    """
    if n <= 0:
        return np.zeros(0, dtype=np.intp)
    best = np.argpartition(-scores, n - 1)[:n] if n < len(scores) else np.arange(len(scores))
    return best[np.argsort(-scores[best], kind="stable")]


def picked(
    n: int, acquisition: str, mu: Numbers, sd: Numbers, best: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return the indices of up to `n` architectures of the highest acquisition; every Thompson pick has its own draw.

    Args:
        n: how many.
        acquisition: one of `ACQUISITIONS`.
        mu: `(m,)` predicted scores.
        sd: `(m,)` their deviations; empty for an acquisition that needs none.
        best: the best score seen.
        rng: what Thompson sampling draws with.
    """
    value = ACQUISITIONS[acquisition]
    if acquisition != "thompson":
        return top(value(mu, sd, best, rng), n)
    taken: list[int] = []
    for _ in range(min(n, len(mu))):
        drawn = value(mu, sd, best, rng)
        drawn[taken] = -np.inf
        taken.append(int(np.argmax(drawn)))
    return np.array(taken, dtype=np.intp)
