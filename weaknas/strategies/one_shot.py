"""One strong predictor, the paradigm that WeakNAS argues against; and BRP-NAS, which refits it on the way."""

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, Literal

from ..checks import check_whole
from ..defaults import PREDICTOR
from ..spaces import Batch
from .guided import LARGE_POOL, Guided

__all__ = ["BrpNas", "OneShot"]


@dataclass(eq=False, repr=False)
class OneShot(Guided):
    """Fit once to `initial` random architectures, then evaluate in the order of the prediction.

    The protocol of Neural Predictor (Wen et al., ECCV 2020) and of BRP-NAS's last phase (Dudziak et al., NeurIPS
    2020): all training is spent before the predictor is trusted, and it is never refitted. Options: see `Guided`; 100
    initial architectures by default.
    """

    name = "one-shot"
    asynchronous = False  # its one fit is to all of them
    _: KW_ONLY
    initial: int = 100

    def _rank(self) -> None:
        if self._rounds == 0:
            super()._rank()
        self._stale = False


@dataclass(eq=False, repr=False)
class BrpNas(Guided):
    """BRP-NAS's iterative search (Dudziak et al., NeurIPS 2020).

    `train` evaluations go into the predictor, over several rounds: half of each batch is the best predicted, half is
    random (their alpha = 0.5; taking only the best "does not yield good results", they note). Then the last ranking
    is walked from the top. As released: a binary graph convolution that compares two architectures
    (`gcn-comparator`), 100 training architectures in 5 rounds.

    On spaces without graphs the predictor is `mlp`; `gcn-comparator` needs the extra `torch`. Of a larger space not
    all is scored by default, since a graph network takes half a minute for all of NAS-Bench-101.

    Args:
        train: evaluations that the predictor is fitted to.
        batch: architectures per round while training.
        explore: share of a training batch that is random.

    The others are those of `Guided`, but for `initial`: a batch.

    Raises:
        InvalidOption: an option outside its range, or no encoding that the predictor can use.
        NotFound: no such predictor or encoding.
    """

    name = "brp-nas"
    asynchronous = False  # its last fit is to all of the training
    default_predictors: ClassVar = ("gcn-comparator", PREDICTOR)
    _: KW_ONLY
    initial: int = field(init=False)
    batch: int = 20
    explore: float = 0.5
    candidates: int | Literal["all"] = LARGE_POOL
    train: int = 100

    def __post_init__(self) -> None:
        check_whole("train", self.train, 2)
        check_whole("batch", self.batch, 1)
        self.initial = min(self.batch, self.train)
        super().__post_init__()
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
