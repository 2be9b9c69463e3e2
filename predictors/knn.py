"""Nearest neighbours."""

from typing import Any

from sklearn.neighbors import KNeighborsRegressor as Model

from .shared.scaled import ScaledRegressor

__all__ = ["KNN"]


class KNN(ScaledRegressor):
    """The mean score of the nearest architectures, weighted by the inverse of their Euclidean distances.

    Args:
        neighbors: number of neighbours; all of them where fewer were evaluated.
    """

    def __init__(self, neighbors: int = 7) -> None:
        self.neighbors = neighbors

    def _model(self, n: int) -> Any:
        # Brute force is matrix multiplication, which beats any tree in tens of dimensions.
        return Model(min(self.neighbors, n), weights="distance", algorithm="brute")
