import numpy as np
import pytest

import weaknas
from weaknas import WeaknasError
from weaknas.spaces import NasBench101, NasBench201
from weaknas.spaces.graphs import Graphs


@pytest.fixture(scope="module")
def cells():
    """Graphs of cells, and a score that counts convolutions and how many of them feed the output."""
    space = NasBench101()
    rows = space.sample(400, np.random.default_rng(0))
    flat = space.encode(rows, "graph")
    graphs = Graphs.unflatten(flat)
    convolutions = graphs.kinds[:, :, 2]
    scores = 80 + 2 * convolutions.sum(1) + 3 * (convolutions * graphs.adjacency[:, :, -1]).sum(1)
    return flat, scores.astype(np.float64)


def test_it_learns_what_subtrees_say(cells):
    flat, scores = cells
    model = weaknas.predictor("gp-wl").fit(flat[:100], scores[:100])
    mean, std = model.predict(flat[100:], return_std=True)
    assert np.abs(mean - scores[100:]).mean() < 1.2
    assert np.mean(np.abs(mean - scores[100:]) < 2 * std + 0.1) > 0.8
    np.testing.assert_array_equal(mean, model.predict(flat[100:]))


def test_it_is_the_linear_process_of_its_features(cells):
    flat, scores = cells
    model = weaknas.predictor("gp-wl", depth=1).fit(flat[:60], scores[:60])
    mean, std = model.predict(flat[60:90], return_std=True)
    counts = model.subtrees_(Graphs.unflatten(flat[:90])).toarray() - model.mean_
    covariance = counts * model.variance_ @ counts.T
    gain = covariance[60:, :60] @ np.linalg.inv(covariance[:60, :60] + model.noise_ * np.eye(60))
    expected = gain @ model.score_scale_(scores[:60])
    variance = np.diag(covariance[60:, 60:] - gain @ covariance[:60, 60:])
    np.testing.assert_allclose(model.score_scale_(mean), expected, atol=1e-6)
    np.testing.assert_allclose(std / model.score_scale_.scale, np.sqrt(variance), atol=2e-3)


def test_the_depth_is_an_option(cells):
    flat, scores = cells
    shallow, deep = (weaknas.predictor("gp-wl", depth=d).fit(flat[:99], scores[:99]).predict(flat) for d in (0, 2))
    assert not np.allclose(shallow, deep)
    with pytest.raises(WeaknasError, match="0 or more, not -1"):
        weaknas.predictor("gp-wl", depth=-1).fit(flat, scores)


def test_it_wants_graphs(cells):
    with pytest.raises(WeaknasError, match="use encoding='graph'"):
        weaknas.predictor("gp-wl").fit(NasBench201().encode(NasBench201().enumerate()[:9]), np.arange(9.0))
