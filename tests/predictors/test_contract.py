"""The published contract, over every built-in predictor and every meta-predictor."""

import numpy as np
import pytest

import weaknas
from weaknas import scoring
from weaknas.spaces import Graphs
from weaknas.testing import PredictorContract
from weaknas.testing.estimators import broken_checks

MEMBERS = {
    "ensemble": "ensemble:extra-trees",
    "rank-transform": "rank-transform:random-forest",
    "clip-below-median": "clip-below-median:xgboost",
    "warm-start": "warm-start:mlp",
    "multi-fidelity": "multi-fidelity:ridge",
}
"""Meta-predictors with a member that is fast."""
QUICK = {"epochs": 3, "members": 1, "n_estimators": 10, "member__n_estimators": 5}
"""What makes a network or a forest fast; it ranks badly then, and keeps the rest of the contract all the same."""
LEARNS = {"epochs": 20, "member__epochs": 20, "width": 8, "hidden": (16, 16), "members": 1}
LEARNS |= {"n_estimators": 10, "member__n_estimators": 5}
"""What makes a network fast that still learns, as scikit-learn's checks want."""
SHORT = {"epochs": 25, "members": 1}
RANKS = {"dagnn": SHORT, "gcn": SHORT, "gcn-comparator": SHORT, "gin": SHORT, "graph-transformer": SHORT}
RANKS |= {"network": {"epochs": 60}, "seminas": {"epochs": 60}}
"""What makes the slowest networks rank sooner than by default; their own tests and the committed tables know more."""
GRAPHS = dict.fromkeys(("dagnn", "gcn", "gcn-comparator", "gin", "gp-wl", "graph-transformer"), LEARNS)
GRAPHS["seminas"] = LEARNS | {"epochs": 60, "balance": 1.0}
LEVELS = 12


def with_options(predictor, options):
    chosen = {name: value for name, value in options.items() if name in predictor.get_params()}
    return predictor.set_params(**chosen)


@pytest.mark.parametrize("name", [MEMBERS.get(name, name) for name in weaknas.names("predictors")])
class TestBuiltins(PredictorContract):
    @pytest.fixture
    def predictor(self, name, request):
        made = weaknas.predictor(name)
        if "regressor" in request.node.name:
            return with_options(made, LEARNS)
        return with_options(made, RANKS.get(name, {}) if "mean" in request.node.name else QUICK)


def cells(features):
    """Return a graph for each row of plain columns: a chain of a vertex a column, of one of twelve kinds a column."""
    n, columns = features.shape
    ends = np.zeros((n, columns + 2, columns + 2), dtype=np.float32)
    ends[:, np.arange(columns + 1), np.arange(columns + 1) + 1] = 1
    level = np.clip(np.round(2 * features) + LEVELS // 2, 0, LEVELS - 1).astype(int) + LEVELS * np.arange(columns)
    kinds = np.zeros((n, columns + 2, 2 + LEVELS * columns), dtype=np.float32)
    kinds[:, 0, 0] = kinds[:, -1, 1] = 1
    np.put_along_axis(kinds[:, 1:-1], 2 + level[:, :, None], 1, axis=2)
    return Graphs(ends, kinds)


@pytest.mark.parametrize("cells", ["darts", "darts-edges", "nasnet"])
@pytest.mark.parametrize("name", [*GRAPHS, "bananas", "gp", "network"])
def test_networks_of_two_cells_are_learned_from(name, cells):
    space = weaknas.space(cells)
    rows = space.sample(60, np.random.default_rng(0))
    operations = space.encode(rows, "adjacency")
    scores = 50 + operations @ np.random.default_rng(5).random(operations.shape[1])
    made = with_options(weaknas.predictor(name), QUICK | {"width": 8, "random_state": 0})
    features = space.encode(rows, scoring.encoding_of(made, space))
    predicted = made.fit(features[:40], scores[:40]).predict(features[40:])
    assert np.isfinite(predicted).all()
    assert np.ptp(predicted) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", GRAPHS)
def test_a_predictor_of_graphs_is_a_regressor_of_scikit_learn(name, monkeypatch):
    """Its checks feed plain columns, which are made graphs of where the predictor reads graphs."""
    monkeypatch.setattr(Graphs, "unflatten", cells)
    monkeypatch.setattr(Graphs, "split", lambda features: (cells(features), features))
    assert broken_checks(with_options(weaknas.predictor(name), GRAPHS[name])) == []
