"""What the tests of predictors share: benchmarks small enough to know the answer, and fits to them."""

import numpy as np
import pytest

import weaknas
from weaknas.spaces import NasBench101, NasBench201


@pytest.fixture(scope="session")
def data():
    """Training features and scores, and others: NAS-Bench-201 cells whose operations add up."""
    space = NasBench201()
    rows = space.enumerate()[::31]
    features = space.encode(rows)
    scores = 60 + 5 * np.array([-3.0, 0.5, 1.5, 2.5, -0.5])[rows].sum(1)
    return features[::2], scores[::2], features[1::2], scores[1::2]


@pytest.fixture(scope="session")
def graphs():
    """Graphs of NAS-Bench-101 cells in plain columns, and a score that counts their 3x3 convolutions."""
    space = NasBench101()
    rows = space.sample(60, np.random.default_rng(0))
    return space.encode(rows, "graph"), 90 + space.encode(rows, "counts")[:, 1].astype(float)


@pytest.fixture(scope="session")
def predicted(data):
    """A function that fits a predictor, seeded where it can be, to `data`, and predicts the others."""
    train, scores, rest, _ = data

    def predict(name, **options):
        predictor = weaknas.predictor(name, **options)
        if "random_state" in predictor.get_params(deep=False):
            predictor.set_params(random_state=0)
        return predictor.fit(train, scores).predict(rest)

    return predict


@pytest.fixture(scope="session")
def predicted_graphs(graphs):
    """A function that fits a small network of graphs for two epochs, and predicts the training graphs."""
    features, scores = graphs

    def predict(name, **options):
        small = {"width": 16, "epochs": 2, "random_state": 0}
        return weaknas.predictor(name, **small | options).fit(features, scores).predict(features)

    return predict
