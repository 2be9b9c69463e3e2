import numpy as np

import weaknas
from weaknas import scoring
from weaknas.spaces import Choices, NasBench201

rng = np.random.default_rng(0)
X = rng.random((60, 4)).astype(np.float32)


def test_widths_of_the_layers_are_an_option():
    def layers(**options):
        (network,) = weaknas.predictor("network", members=1, epochs=1, **options).fit(X, X[:, 0]).networks_
        return [tuple(p.shape) for p in network.parameters() if p.ndim == 2]

    assert layers(hidden=(7, 3)) == [(7, 4), (3, 7), (1, 3)]
    assert layers(hidden=()) == [(1, 4)]


def test_columns_of_any_scale_are_taken():
    fitted = weaknas.predictor("network", members=1, epochs=30, random_state=0)
    scaled = X * np.float32([1, 1e4, 1e-4, 0]) + np.float32([0, 1e5, 0, 3])
    predicted = fitted.fit(scaled, 100 * X[:, 1]).predict(scaled)
    assert np.corrcoef(predicted, X[:, 1])[0, 1] > 0.9


def test_it_uses_what_a_space_has():
    network = weaknas.predictor("network")
    assert scoring.encoding_of(network, NasBench201()) == "adjacency+counts"
    assert scoring.encoding_of(network, Choices({"a": range(3)})) == "onehot"
