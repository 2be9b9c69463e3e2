import numpy as np
import pytest
from scipy.stats import kendalltau

import weaknas
from weaknas.errors import InvalidOption, PluginError
from weaknas.spaces import Graphs
from weaknas_predictors.dagnn import DAGNN
from weaknas_predictors.network import Network

rng = np.random.default_rng(0)
X = rng.random((120, 5)).astype(np.float32)
Y = 60 + 30 * X[:, 0] - 10 * X[:, 1] ** 2
graph_networks = pytest.mark.parametrize("name", ["dagnn", "gcn", "gcn-comparator", "gin", "graph-transformer"])


def make(**options):
    return Network(**{"hidden": (32,), "epochs": 60, "members": 1, "random_state": 0, **options})


def make_graph_network(name):
    return weaknas.predictor(name, width=16, epochs=15, random_state=0)


@pytest.mark.parametrize("loss", ["mse", "hinge", "logistic", "listmle", "warp"])
def test_every_loss_predicts_percent_in_the_right_order(loss):
    predicted = make(loss=loss).fit(X[:80], Y[:80]).predict(X[80:])
    assert kendalltau(predicted, Y[80:]).statistic > 0.75
    assert np.abs(predicted - Y[80:]).mean() < 3


def test_scores_without_an_order_to_be_learned_are_predicted_by_their_mean():
    noise = np.where(np.arange(20) % 2, 40.0, 60.0)
    predicted = make(epochs=1).fit(X[:1].repeat(20, 0), noise).predict(X)
    np.testing.assert_allclose(predicted, 50, atol=1e-6)


def test_members_are_averaged_and_differ():
    one, two = make(), make(members=2)
    first = one.fit(X, Y).predict(X)
    both = two.fit(X, Y).predict(X)
    assert not np.allclose(first, both)
    two.networks_.pop()
    two.lines_.pop()
    np.testing.assert_array_equal(two.predict(X), first)


def test_a_warm_start_goes_on_where_the_last_fit_ended():
    def error(predictor):
        return np.abs(predictor.predict(X) - Y).mean()

    cold, warm = make(epochs=5, loss="mse"), make(epochs=5, loss="mse", warm_start=True)
    assert error(cold.fit(X, Y)) == error(warm.fit(X, Y))
    assert error(warm.fit(X, Y)) < error(cold.fit(X, Y))


@pytest.mark.parametrize("option", ["learning_rate", "weight_decay", "batch_size", "epochs"])
def test_every_option_of_the_recipe_changes_the_predictions(option):
    other = {"learning_rate": 1e-4, "weight_decay": 1.0, "batch_size": 10, "epochs": 10}[option]
    usual = make(epochs=20).fit(X, Y).predict(X)
    assert not np.allclose(make(epochs=20).set_params(**{option: other}).fit(X, Y).predict(X), usual)


def test_an_unknown_loss_is_refused():
    with pytest.raises(InvalidOption, match="no loss 'mae'"):
        make(loss="mae").fit(X, Y)


def test_a_graph_network_wants_graphs():
    with pytest.raises(InvalidOption, match="use encoding='graph'"):
        DAGNN().fit(X, Y)


def test_without_torch_the_extra_is_named(monkeypatch):
    import sys

    for module in [name for name in sys.modules if name.startswith("weaknas_predictors")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        PluginError, match=r"'dagnn' cannot be imported: .*torch.*; run: pip install 'weaknas\[torch\]'"
    ):
        weaknas.predictor("dagnn")


@graph_networks
def test_isomorphic_graphs_are_predicted_alike(name, graphs):
    features, scores = graphs
    fitted = make_graph_network(name).fit(features, scores)
    adjacency, kinds = Graphs.unflatten(features)
    places = [(i, i + 1) for i in range(1, 5)]
    swapped = 0
    for i, j in places:
        free = adjacency[:, i, j] == 0  # neighbours in the topological order that may change places
        order = np.arange(7)
        order[[i, j]] = j, i
        moved = Graphs(adjacency[free][:, order][:, :, order], kinds[free][:, order])
        np.testing.assert_allclose(fitted.predict(moved.flatten()), fitted.predict(features[free]), rtol=1e-5)
        swapped += (moved.flatten() != features[free]).any(1).sum()
    assert swapped > 20


@graph_networks
def test_vertices_that_are_not_there_have_no_say(name, graphs):
    features, scores = graphs
    fitted = make_graph_network(name).fit(features, scores)
    small = np.flatnonzero(Graphs.unflatten(features).kinds[:, 5].sum(1) == 0)
    adjacency, kinds = (part[small] for part in Graphs.unflatten(features))
    keep = [0, 1, 2, 3, 4, 6]
    cut = Graphs(adjacency[:, keep][:, :, keep], kinds[:, keep]).flatten()
    expected = fitted.predict(features[small])
    fitted.n_features_in_ = cut.shape[1]  # it would refuse them as another encoding
    np.testing.assert_allclose(fitted.predict(cut), expected, rtol=1e-5)
    assert len(small) > 2


@graph_networks
def test_columns_after_the_graph_are_used(name, graphs):
    features, scores = graphs
    more = np.hstack([features, np.random.default_rng(0).random((len(features), 3), dtype=np.float32)])
    fitted = make_graph_network(name).fit(more, scores)
    other = more.copy()
    other[:, -3:] += 1
    assert not np.allclose(fitted.predict(other), fitted.predict(more))
