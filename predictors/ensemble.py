"""Several fits of one predictor."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from weaknas.errors import InvalidOption
from weaknas.scoring import has_std

from .shared.meta import MetaPredictor, takes_seed

__all__ = ["Ensemble"]


class Ensemble(MetaPredictor):
    """Fits of one predictor that differ in their seeds: `ensemble:mlp`, a deep ensemble.

    Deep ensembles (Lakshminarayanan et al., NeurIPS 2017) are five networks on all data; `bootstrap` is bagging
    (Breiman, Machine Learning 1996). The prediction is the mean of the members. Its variance is the variance of
    the members' predictions, plus the mean of the members' own variances where they have any.

    Args:
        member: the predictor, or its name.
        members: number of fits.
        bootstrap: whether each member sees as many architectures drawn with replacement, instead of all once.
        random_state: seed of the members' seeds and of the bootstraps.
    """

    def __init__(
        self,
        member: Any = "mlp",
        members: int = 5,
        bootstrap: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.member = member
        self.members = members
        self.bootstrap = bootstrap
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent, forgetting any earlier fit.

        Raises:
            InvalidOption: no members, or members that would all be the same.
        """
        if self.members < 1:
            raise InvalidOption(f"an ensemble has 1 member or more, not {self.members!r}.")
        features, scores = self._check_training(X, y)
        seeds = check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=self.members)
        self.members_ = []
        for seed in seeds.tolist():
            member = self.unfitted_member(seed)
            if not self.bootstrap and not takes_seed(member):
                raise InvalidOption(
                    f"all members would be the same, as {type(member).__name__} has no random_state; "
                    f"use bootstrap=True."
                )
            n = len(scores)
            rows = np.random.default_rng(seed).integers(0, n, n) if self.bootstrap else slice(None)
            self.members_.append(member.fit(features[rows], scores[rows]))
        return self

    def predict(self, X: ArrayLike, return_std: bool = False) -> Any:
        """Return `(m,)` predicted scores in percent, with `return_std` also their `(m,)` standard deviations."""
        features = self._check_query(X)
        if not return_std:
            return np.mean([member.predict(features) for member in self.members_], axis=0, dtype=np.float64)
        if has_std(self.members_[0]):
            both = np.array([member.predict(features, return_std=True) for member in self.members_])
            means, within = both[:, 0], (both[:, 1] ** 2).mean(axis=0)
        else:
            means, within = np.stack([member.predict(features) for member in self.members_]), 0.0
        return means.mean(axis=0), np.sqrt(means.var(axis=0) + within)
