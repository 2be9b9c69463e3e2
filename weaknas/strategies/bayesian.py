"""Bayesian optimisation: an uncertain predictor, an acquisition, and candidates near the best so far."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar, Literal

from ..contracts import Scores
from ..spaces import Batch
from .guided import LARGE_POOL, Guided

__all__ = ["Bananas", "Dngo", "NasBowl"]


@dataclass(eq=False, repr=False)
class Bananas(Guided):
    """BANANAS (White et al., AAAI 2021): an ensemble on path encodings, independent Thompson sampling, mutants.

    Defaults are those of the paper: 10 random architectures, then 10 a round, chosen among 100 mutants of the best so
    far. Differences: the ensemble is `bananas` of this project (see there); parents are the ten best. Options: see
    `Guided`; any predictor with an uncertainty can be used.
    """

    name = "bananas"
    default_predictors: ClassVar = ("bananas",)
    _: KW_ONLY
    candidates: int | Literal["all"] = 100
    acquisition = "thompson"

    def _candidates(self, score: Callable[[Batch], Scores]) -> Batch:
        count = LARGE_POOL if self.candidates == "all" else self.candidates
        best = self._parents()
        return self._memory.space.mutate(best[self.rng.integers(0, len(best), count)], self.rng)


@dataclass(eq=False, repr=False)
class NasBowl(Guided):
    """NAS-BOWL (Ru et al., ICLR 2021): a Gaussian process with a Weisfeiler-Lehman kernel, expected improvement.

    Defaults are those of the paper: batches of 5 from a pool of 200 candidates, half of them random and half relatives
    of the best so far. On spaces without graphs the predictor is `gp`. Options: see
    `Guided`; any predictor with an uncertainty can be used.
    """

    name = "nas-bowl"
    default_predictors: ClassVar = ("gp-wl", "gp")
    _: KW_ONLY
    batch: int = 5
    candidates: int | Literal["all"] = 200
    acquisition = "ei"


@dataclass(eq=False, repr=False)
class Dngo(Guided):
    """DNGO (Snoek et al., ICML 2015): Bayesian linear regression on a network's last layer, expected improvement.

    Options: see `Guided`; any predictor with an uncertainty can be used. The default one needs the extra `torch`.
    """

    name = "dngo"
    default_predictors: ClassVar = ("dngo",)
    acquisition = "ei"
