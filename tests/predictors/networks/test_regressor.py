import pickle

import numpy as np
import pytest
import torch
from scipy.stats import kendalltau

import weaknas
from weaknas.errors import InvalidOption, PluginError
from weaknas_predictors.dagnn import DAGNN
from weaknas_predictors.network import Network

rng = np.random.default_rng(0)
X = rng.random((120, 5)).astype(np.float32)
Y = 60 + 30 * X[:, 0] - 10 * X[:, 1] ** 2


def make(**options):
    return Network(**{"hidden": (32,), "epochs": 60, "members": 1, "random_state": 0, **options})


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


def test_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    make(epochs=1).fit(X, Y).predict(X)
    assert torch.equal(torch.rand(3), expected)


def test_a_pickle_holds_no_gradients():
    fitted = make(epochs=1).fit(X, Y)
    assert len(pickle.dumps(fitted)) < 10_000
    assert all(p.grad is None for p in fitted.networks_[0].parameters())


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
