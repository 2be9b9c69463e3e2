"""What holds for every network that takes graphs."""

import numpy as np
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.spaces import Graphs, NasBench101

SPACE = NasBench101()
ROWS = SPACE.sample(60, np.random.default_rng(0))
X = SPACE.encode(ROWS, "graph")
Y = 90 + SPACE.encode(ROWS, "counts")[:, 1].astype(float)  # the number of 3x3 convolutions
every = pytest.mark.parametrize("name", ["dagnn", "gcn", "gcn-comparator", "gin", "graph-transformer"])


def make(name, **options):
    return weaknas.predictor(name, **{"width": 16, "epochs": 15, "random_state": 0, **options})


@every
def test_isomorphic_graphs_are_predicted_alike(name):
    fitted = make(name).fit(X, Y)
    adjacency, kinds = Graphs.unflatten(X)
    places = [(i, i + 1) for i in range(1, 5)]
    swapped = 0
    for i, j in places:
        free = adjacency[:, i, j] == 0  # neighbours in the topological order that may change places
        order = np.arange(7)
        order[[i, j]] = j, i
        moved = Graphs(adjacency[free][:, order][:, :, order], kinds[free][:, order])
        np.testing.assert_allclose(fitted.predict(moved.flatten()), fitted.predict(X[free]), rtol=1e-5)
        swapped += (moved.flatten() != X[free]).any(1).sum()
    assert swapped > 20


@every
def test_vertices_that_are_not_there_have_no_say(name):
    fitted = make(name).fit(X, Y)
    small = np.flatnonzero(Graphs.unflatten(X).kinds[:, 5].sum(1) == 0)
    adjacency, kinds = (part[small] for part in Graphs.unflatten(X))
    keep = [0, 1, 2, 3, 4, 6]
    cut = Graphs(adjacency[:, keep][:, :, keep], kinds[:, keep]).flatten()
    expected = fitted.predict(X[small])
    fitted.n_features_in_ = cut.shape[1]  # it would refuse them as another encoding
    np.testing.assert_allclose(fitted.predict(cut), expected, rtol=1e-5)
    assert len(small) > 2


@every
def test_columns_after_the_graph_are_used(name):
    more = SPACE.encode(ROWS, "graph+counts")
    fitted = make(name).fit(more, Y)
    other = more.copy()
    other[:, -10:] += 1
    assert not np.allclose(fitted.predict(other), fitted.predict(more))


OPTIONS = [
    *[(name, option) for name in ("dagnn", "gcn", "gin", "graph-transformer") for option in ({"loss": "mse"},)],
    *[(name, {"width": 8}) for name in ("dagnn", "gcn", "gcn-comparator", "gin", "graph-transformer")],
    *[(name, {"layers": 1}) for name in ("gcn", "gcn-comparator", "gin", "graph-transformer")],
    ("dagnn", {"rounds": 2}),
    ("dagnn", {"cell": "gru"}),
    ("dagnn", {"cell": "residual"}),
    ("gin", {"layer": "dense"}),
    ("gin", {"layer": "gat"}),
]


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_every_option_changes_the_predictions(name, options):
    usual = make(name, epochs=2).fit(X, Y).predict(X)
    assert not np.allclose(make(name, epochs=2, **options).fit(X, Y).predict(X), usual)


@pytest.mark.parametrize(("name", "options"), [("dagnn", {"cell": "lstm"}), ("gin", {"layer": "gcn"})])
def test_an_unknown_kind_of_layer_is_refused(name, options):
    (value,) = options.values()
    with pytest.raises(InvalidOption, match=f"no (cell|layer) '{value}'; known: "):
        make(name, **options).fit(X, Y)
