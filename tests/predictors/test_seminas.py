import numpy as np
import pytest
from scipy.stats import kendalltau

import weaknas
from weaknas.spaces import Graphs, NasBench101, NasBench201

torch = pytest.importorskip("torch")

from weaknas_predictors import seminas  # noqa: E402  it needs torch


@pytest.fixture(scope="module")
def data():
    """Cells of NAS-Bench-201 that are good by their operations."""
    space = NasBench201()
    rows = space.sample(400, np.random.default_rng(0))
    return space.encode(rows, "graph"), 60 + 5 * np.array([-3.0, 0.5, 1.5, 2.5, -0.5])[rows].sum(1)


def make(**options):
    return weaknas.predictor("seminas", **({"random_state": 0, "epochs": 30, "width": 16} | options))


def test_tokens_are_a_vertex_edges_and_then_its_kind():
    space = NasBench101()
    tokens, vocabulary = seminas.tokenize(space.encode(space.from_str(["i3o:101"]), "graph"))
    first, absent, output = (
        [1, 3 + 2],
        [0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 2],
        [0, 1, 0, 0, 0, 0, 3 + 4],
    )
    assert tokens.tolist() == [first + absent + output]
    assert vocabulary == 3 + 5


def test_it_ranks_cells_it_has_not_seen(data):
    features, scores = data
    predicted = make().fit(features[:100], scores[:100]).predict(features[100:])
    assert kendalltau(predicted, scores[100:]).statistic > 0.5


def test_it_learns_to_reconstruct_the_cells(data):
    features, scores = data
    tokens, _ = seminas.tokenize(features[200:])
    right = []
    for balance in (1.0, 0.5):
        network = make(balance=balance).fit(features[:100], scores[:100]).network_
        with torch.inference_mode():
            right.append(float((network(tokens)[1].argmax(-1) == tokens).float().mean()))
    assert right[1] > right[0] + 0.4


@pytest.mark.parametrize("options", [{"width": 8}, {"epochs": 3}, {"learning_rate": 1e-4}, {"batch_size": 10}])
def test_every_option_changes_the_predictions(options, data):
    features, scores = data
    usual = make(epochs=5).fit(features[:50], scores[:50]).predict(features)
    changed = make(**{"epochs": 5} | options)
    assert not np.allclose(changed.fit(features[:50], scores[:50]).predict(features), usual)


def test_the_global_random_state_of_torch_is_left_alone(data):
    features, scores = data
    state = torch.get_rng_state()
    first = make(epochs=5).fit(features[:20], scores[:20]).predict(features)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(7)
    np.testing.assert_array_equal(make(epochs=5).fit(features[:20], scores[:20]).predict(features), first)


def test_a_double_edge_is_an_edge_and_no_absent_vertex():
    space = NasBench201()
    features = space.encode(space.enumerate()[::7], "graph")
    adjacency, kinds = Graphs.unflatten(features)
    assert adjacency.max() > 1
    tokens, _ = seminas.tokenize(features)
    absent = (kinds[:, 1:].sum(-1) == 0).sum(1)
    np.testing.assert_array_equal((tokens == 2).sum(1), absent)
