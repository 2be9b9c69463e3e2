"""A random forest."""

from sklearn.ensemble import RandomForestRegressor

from .shared.forest import ForestMixin

__all__ = ["RandomForest"]


class RandomForest(ForestMixin, RandomForestRegressor):
    """scikit-learn's random forest, with the spread of its trees as uncertainty.

    The WeakNAS release uses `RandomForest(n_estimators=1000, max_depth=10)`.

    Args:
        n_estimators: number of trees.
        max_depth: depth of a tree, None for unlimited.
        max_features: share of the features tried at each split.
        random_state: seed of the bootstraps and splits.
    """

    def __init__(
        self,
        n_estimators: int = 100,
        max_depth: int | None = None,
        max_features: float | str = 1.0,
        random_state: int | None = None,
    ) -> None:
        super().__init__(
            n_estimators=n_estimators,
            max_depth=max_depth,
            max_features=max_features,
            random_state=random_state,
        )
