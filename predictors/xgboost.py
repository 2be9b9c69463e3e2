"""Gradient-boosted trees of XGBoost."""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from weaknas.errors import InvalidOption, MissingExtra

from .shared import Doubles
from .shared.checked import CheckedRegressor
from .shared.scaling import least_squares_line

try:  # not in `fit`: a search without it must end before anything is evaluated
    from xgboost import XGBRanker, XGBRegressor
except ImportError as error:
    raise MissingExtra("xgboost is not installed; run: pip install 'weaknas[xgboost]'.") from error

__all__ = ["XGBoost"]


class XGBoost(CheckedRegressor):
    """Boosted regression trees (Chen & Guestrin, KDD 2016), the paper's second weak predictor.

    The WeakNAS release uses `XGBoost(n_estimators=1000, max_depth=20)` with XGBoost's default step of 0.3.
    Needs the extra `xgboost`.

    Args:
        n_estimators: number of trees; with `warm_start`, the trees that each fit adds.
        max_depth: depth of a tree.
        learning_rate: step (eta).
        objective: `squared` error, or `rank`: the logistic loss of every pair of architectures (RankNet, Burges
            et al., ICML 2005), in one query group; a straight line then takes the trees' outputs to percent.
        warm_start: whether a fit adds to the trees of the last one instead of forgetting them.
        random_state: seed.
    """

    requires: ClassVar[dict[str, str]] = {"xgboost": "weaknas[xgboost]"}

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int = 6,
        learning_rate: float = 0.3,
        objective: Literal["squared", "rank"] = "squared",
        warm_start: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.objective = objective
        self.warm_start = warm_start
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit to `(n, f)` features and `(n,)` scores in percent.

        Raises:
            InvalidOption: there is no such objective.
        """
        if self.objective not in ("squared", "rank"):
            raise InvalidOption(f"the objective of xgboost is squared or rank, not {self.objective!r}.")
        grown = getattr(self, "model_", None) if self.warm_start else None
        features, scores = self._check_training(X, y, continues=grown is not None)
        features = features.astype(np.float32, copy=False)
        options: dict[str, Any] = {
            "n_estimators": self.n_estimators,
            "max_depth": self.max_depth,
            "learning_rate": self.learning_rate,
            "random_state": self.random_state,
            "n_jobs": 1,  # results must not depend on the machine's cores
        }
        if self.objective == "squared":
            self.model_: Any = XGBRegressor(**options).fit(features, scores, xgb_model=grown)
            self.line_ = (1.0, 0.0)
            return self
        pairs = {"lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": len(scores)}  # all of them
        group = np.zeros(len(scores), dtype=int)
        self.model_ = XGBRanker(objective="rank:pairwise", **options, **pairs)
        self.model_.fit(features, scores, qid=group, xgb_model=grown)
        self.line_ = least_squares_line(self.model_.predict(features), scores)
        return self

    def predict(self, X: ArrayLike) -> Doubles:
        """Return `(m,)` predicted scores in percent."""
        features = self._check_query(X).astype(np.float32, copy=False)
        slope, offset = self.line_
        outputs = self.model_.predict(features).astype(np.float64)
        scores: Doubles = slope * outputs + offset
        return scores
