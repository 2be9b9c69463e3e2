"""One strong predictor, the paradigm that WeakNAS argues against; and BRP-NAS, which refits it on the way."""

from typing import ClassVar, Literal

from ..spaces import Batch, Space
from .checks import check_whole
from .guided import LARGE_POOL, Guided, Predictors

__all__ = ["BrpNas", "OneShot"]


class OneShot(Guided):
    """Fit once to `initial` random architectures, then evaluate in the order of the prediction.

    The protocol of Neural Predictor (Wen et al., ECCV 2020) and of BRP-NAS's last phase (Dudziak et al., NeurIPS
    2020): all training is spent before the predictor is trusted, and it is never refitted. Options: see `Guided`; 100
    initial architectures by default.
    """

    name = "one-shot"
    defaults: ClassVar = {**Guided.defaults, "initial": 100}

    def _rank(self) -> None:
        if self._rounds == 0:
            super()._rank()
        self._stale = False


class BrpNas(Guided):
    """BRP-NAS's iterative search (Dudziak et al., NeurIPS 2020).

    `train` evaluations go into the predictor, over several rounds: half of each batch is the best predicted, half is
    random (their alpha = 0.5; taking only the best "does not yield good results", they note). Then the last ranking
    is walked from the top. As released: a binary graph convolution that compares two architectures
    (`gcn-comparator`), 100 training architectures in 5 rounds.

    Args:
        space: the architectures to choose from.
        predictor: a predictor or the name of one; by default `gcn-comparator`, which needs the extra `torch`, and on
            spaces without graphs `mlp`.
        train: evaluations that the predictor is fitted to.
        batch: architectures per round while training.
        explore: share of a training batch that is random.
        encoding: as in `Guided`, as are the following.
        candidates: how many architectures to score each round, not all of a larger space by default, since a graph
            network takes half a minute for all of NAS-Bench-101.
        jobs: threads that score; they do not change the result.
        seed: seed of all random choices, the predictor's included.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "brp-nas"
    defaults: ClassVar = {**Guided.defaults, "predictor": ("gcn-comparator", "mlp")}

    def __init__(
        self,
        space: Space,
        predictor: Predictors | None = None,
        *,
        train: int = 100,
        batch: int = 20,
        explore: float = 0.5,
        encoding: str | None = None,
        candidates: int | Literal["all"] = LARGE_POOL,
        jobs: int = 1,
        seed: int = 0,
    ) -> None:
        check_whole("train", train, 2)
        check_whole("batch", batch, 1)
        super().__init__(
            space,
            predictor,
            initial=min(batch, train),
            batch=batch,
            explore=explore,
            encoding=encoding,
            candidates=candidates,
            jobs=jobs,
            seed=seed,
        )
        self.train = train
        self._final = False

    @property
    def wants(self) -> int:
        """A batch, cut where the training is complete."""
        left = self.train - len(self._memory)
        return min(super().wants, left) if left > 0 else self.batch

    def _chosen(self, n: int) -> list[Batch]:
        if len(self._memory) < self.train:
            return super()._chosen(n)
        if not self._final:
            self._rank()  # the last fit, to all of the training
            self._final = True
        best = self._memory.mark(self._best(n))
        return [best, self._memory.fresh(n - len(best), self.rng)]
