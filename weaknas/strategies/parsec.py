"""PARSEC without weights: a distribution over architectures, learned from the scores of its samples."""

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ..checks import check_number, check_whole
from ..contracts import Ask, Scores, Strategy
from ..distributions import Categorical, Independent, LayerJoint, importance, prior_loss
from ..errors import InvalidArchitecture, InvalidOption
from ..spaces import Batch, Space
from .memory import Memory

__all__ = ["POSITIVE", "Parsec", "Prior"]

_REPEATS = 10
POSITIVE = ("a positive number", float(np.finfo(float).tiny), float(np.finfo(float).max))


class Prior:
    """A distribution over the architectures of a space, and the optimiser that learns it from scores.

    Args:
        space: the architectures; small ones written out (`as_rows`).
        rate: the learning rate of Adam.
        sharpness: the log-likelihood that a point of score is worth.
        ess: the least effective number of samples of a step; see `importance`.
        centred: whether the weights of a step sum to 0; see `prior_loss`.

    Attributes:
        distribution: `Independent` to begin with, `LayerJoint` from `refine` on; in double precision, on the CPU.
    """

    distribution: Categorical

    def __init__(self, space: Space, rate: float, sharpness: float, ess: float, centred: bool) -> None:
        self._rate, self._sharpness, self._ess, self._centred = rate, sharpness, ess, centred
        self._take(Independent(space))

    def learn(self, batch: Batch, scores: Scores) -> None:
        """Take one step from `(k, d)` samples and their `(k,)` scores; failed ones (NaN) have no weight."""
        weights = importance(scores, self._sharpness, self._ess)
        if not weights.any():
            return
        self._optimiser.zero_grad()
        prior_loss(self.distribution, batch, weights, centred=self._centred).backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()

    def entropy(self) -> float:
        """Return the entropy of the raw draw in nats."""
        return self.distribution.entropy().item()

    def unsure(self) -> float:
        """Return the entropy as a share of that of the uniform distribution; 0 where there is nothing to choose."""
        most = float(np.log(self.distribution.space.options).sum())
        return min(1.0, self.entropy() / most) if most else 0.0

    def refine(self) -> None:
        """Go over to the joint distribution of each layer, which begins as the same.

        The optimiser goes on: the moments of a combination begin as the means of those of its options (our own form).
        """
        coarse, moments = self.distribution, self._optimiser.state[self.distribution.logits]
        assert isinstance(coarse, Independent)
        fine = LayerJoint.from_independent(coarse)
        self._take(fine)
        if moments:
            choices = fine.summed(torch.ones_like(coarse.logits))
            means = {name: fine.summed(moments[name]) / choices for name in ("exp_avg", "exp_avg_sq")}
            self._optimiser.state[fine.logits] = {"step": moments["step"], **means}

    def _take(self, distribution: Categorical) -> None:
        self.distribution = distribution.double()
        self._optimiser = torch.optim.Adam(self.distribution.parameters(), lr=self._rate)

    def state_dict(self) -> dict[str, Any]:
        """Return the distribution's kind and parameters, and the state of the optimiser."""
        return {
            "joint": isinstance(self.distribution, LayerJoint),
            "logits": self.distribution.logits.detach().numpy().copy(),
            "optimiser": copy.deepcopy(self._optimiser.state_dict()),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        kind = LayerJoint if state["joint"] else Independent
        self._take(kind(self.distribution.space))
        self.distribution.load_state_dict({"logits": torch.from_numpy(state["logits"].copy())})
        self._optimiser.load_state_dict(copy.deepcopy(state["optimiser"]))


class Parsec(Strategy):
    """PARSEC (Casale, Gordon and Fusi, 2019) on any benchmark: empirical Bayes with importance-weighted samples.

    Again and again `samples` architectures are drawn from a distribution with independent choices, weighted by
    the softmax of their scores, and made the likelier, the larger their weight, by one step of Adam.

    The paper's (as others describe it; its text was not at hand) are the distribution, the weights and the gradient;
    it learns a supernet at the same time, and the likelihood is that of a batch of images. Ours: scores take the
    place of log-likelihoods, `sharpness` says how many nats a point is worth, and the weights are tempered until
    `ess` samples count. A sample that was evaluated before has the score that it had, and costs nothing: a draw is a
    sample, a new architecture is a query. After 10 generations without a new architecture a random one is asked for.
    Where evaluations come late or not at all, a step is taken as soon as `samples` scores are there, and samples that
    are late belong to the next one. Defaults were tuned on `digits` and made-up scores (docs/results/sampling.md).

    On a space that holds only some of the rows that its options make, these are drawn again or from the list, and
    `log_prob` lacks how often a draw is valid, which is not the same before and after a step: `centred` removes it.

    Args:
        space: the architectures to choose from.
        samples: drawn from the distribution for each step (K).
        rate: the learning rate of Adam.
        sharpness: the log-likelihood that a point of score is worth.
        ess: the least effective number of samples of a step.
        centred: whether the mean of the weights is subtracted from each, which leaves less to chance (our own form).
        seed: seed of all random choices.

    Attributes:
        prior: what is learned; `prior.distribution` is the distribution.
        drawn: how many samples were drawn so far, those of the step in work included.

    Raises:
        InvalidOption: an option outside its range.
    """

    name = "parsec"

    def __init__(
        self,
        space: Space,
        *,
        samples: int = 14,
        rate: float = 0.3,
        sharpness: float = 0.1,
        ess: float = 2.0,
        centred: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed)
        check_whole("samples", samples, 2)
        check_number("ess", ess, "a number from 1, of samples", 1)
        check_number("rate", rate, *POSITIVE)
        check_number("sharpness", sharpness, *POSITIVE)
        if not isinstance(centred, bool):
            raise InvalidOption(f"centred is true or false, not {centred!r}.")
        self.samples = samples
        self.rate = rate
        self.sharpness = sharpness
        self.ess = ess
        self.centred = centred
        self._memory = Memory(space)
        self.prior = Prior(self._memory.space, rate, sharpness, ess, centred)
        self.drawn = 0
        self._scores: dict[int, float] = {}  # of all that was told, NaN for what failed
        self._batch, self._ids = self._memory.batch, self._memory.ids  # samples of the step in work
        self._draw()

    @property
    def wants(self) -> int:
        """The samples that are new, without which there is no step."""
        return max(1, len(self._unasked()))

    def ask(self, n: int | None = None) -> Ask:
        """Return the samples that are new, and draw more of them where more are asked for."""
        missing, parts, dry = self.wants if n is None else n, [self._memory.batch[:0]], 0
        while missing and dry < _REPEATS:
            new = self._unasked()[:missing]
            parts.append(self._memory.mark(new))
            missing -= len(new)
            dry = 0 if len(new) else dry + 1
            if missing:
                (self._step if self._known().all() else self._draw)()
        parts.append(self._memory.fresh(missing, self.rng))
        return Ask(np.concatenate(parts))

    def tell(self, batch: Batch, scores: ArrayLike, fidelity: int | None = None) -> None:
        """Remember scores, and take a step when there are enough; failed evaluations have no weight in it."""
        kept = self._memory.tell(batch, scores, fidelity)
        values = np.where(kept, np.asarray(scores, dtype=np.float64), np.nan)
        self._scores.update(zip(self._memory.identify(batch).tolist(), values.tolist(), strict=True))
        if self._known().sum() >= self._size():
            self._step()

    def reserve(self, batch: Batch, fidelity: int | None = None) -> None:
        """Do not ask for these; samples among them wait for their scores."""
        self._memory.tell(batch, np.full(len(batch), np.nan), fidelity)

    def recommend(self) -> Batch | None:
        """Return the likeliest option of each choice together, which the papers derive; None if it is not valid."""
        try:
            return self.prior.distribution.mode()
        except InvalidArchitecture:
            return None

    def _size(self) -> int:
        """Return how many samples a step takes."""
        return self.samples

    def _known(self) -> NDArray[np.bool_]:
        """Return `(m,)` which samples of the step in work have scores."""
        return np.array([i in self._scores for i in self._ids.tolist()], dtype=bool)

    def _unasked(self) -> Batch:
        """Return the different new architectures among the samples of the step in work."""
        new = np.flatnonzero(self._memory.is_new(self._ids))
        _, first = np.unique(self._ids[new], return_index=True)
        unasked: Batch = self._batch[new[np.sort(first)]]
        return unasked

    def _draw(self) -> None:
        """Draw samples for the step in work."""
        batch = self.prior.distribution.sample(self._size(), self.rng)
        self._batch = np.concatenate([self._batch, batch])
        self._ids = np.concatenate([self._ids, self._memory.identify(batch)])
        self.drawn += len(batch)

    def _step(self) -> None:
        """Learn from the samples that have scores, leave those that are late to the next step, and draw for it."""
        known = self._known()
        self.prior.learn(self._batch[known], np.array([self._scores[i] for i in self._ids[known].tolist()]))
        self._batch, self._ids = self._batch[~known], self._ids[~known]
        self._draw()
