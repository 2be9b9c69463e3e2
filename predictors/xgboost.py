"""Gradient-boosted trees of XGBoost."""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weaknas.errors import InvalidOption, MissingExtra

from .shared.checked import Checked
from .shared.scaling import line

try:  # here, so that a search without it ends before it has paid for anything
    from xgboost import XGBRanker, XGBRegressor
except ImportError as error:
    raise MissingExtra("xgboost is not installed; run: pip install 'weaknas[xgboost]'.") from error

__all__ = ["XGBoost"]


class XGBoost(Checked):
    """Boosted regression trees (Chen & Guestrin, KDD 2016), the paper's second weak predictor.

    The WeakNAS release uses `XGBoost(n_estimators=1000, max_depth=20)` with XGBoost's default step of 0.3.
    Needs the extra `xgboost`.

    Args:
        n_estimators: number of trees; with `warm_start`, the trees that each fit adds.
        max_depth: depth of a tree.
        learning_rate: step (eta).
        objective: `squared` error, or `rank`: the logistic loss of every pair of architectures (RankNet, Burges
            et al., ICML 2005), in one query group; a straight line then takes the trees' output to percent.
        warm_start: whether a fit adds to the trees of the fit before instead of forgetting them.
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
            InvalidOption: the objective is none of the two.
        """
        if self.objective not in ("squared", "rank"):
            raise InvalidOption(f"the objective of xgboost is squared or rank, not {self.objective!r}.")
        grown = getattr(self, "model_", None) if self.warm_start else None
        features, scores = self._training(X, y, goes_on=grown is not None)
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
        self.line_ = line(self.model_.predict(features), scores)
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return `(m,)` predicted scores in percent."""
        features = self._asked(X).astype(np.float32, copy=False)
        slope, offset = self.line_
        output = self.model_.predict(features).astype(np.float64)
        scores: NDArray[np.float64] = slope * output + offset
        return scores
