"""A predictor in a plain file: `weaknas search BENCHMARK --predictor docs/examples/knn.py:KNN`."""

from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, validate_data


class KNN(RegressorMixin, BaseEstimator):
    """The mean score of the most similar architectures, and their spread.

    Args:
        k: how many of them.
    """

    encodings = ("path", "onehot")  # the first of them that the space has is used; leave it away for the default

    def __init__(self, k: int = 5) -> None:
        self.k = k

    def fit(self, X, y):
        X, self.scores_ = validate_data(self, X, y, y_numeric=True)
        self.index_ = NearestNeighbors(n_neighbors=min(self.k, len(X))).fit(X)
        return self

    def predict(self, X, return_std=False):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        near = self.scores_[self.index_.kneighbors(X, return_distance=False)]
        return (near.mean(axis=1), near.std(axis=1)) if return_std else near.mean(axis=1)
