"""The published contract, over every built-in predictor and every combinator."""

import pytest

import weaknas
from weaknas.testing import PredictorContract

MEMBERS = {
    "ensemble": "ensemble:extra-trees",
    "rank-transform": "rank-transform:random-forest",
    "clip-below-median": "clip-below-median:xgboost",
    "warm-start": "warm-start:mlp",
    "multi-fidelity": "multi-fidelity:ridge",
}
"""Combinators with a member that is fast."""
QUICK = {"epochs": 3, "members": 1}
"""What makes a network fast; it ranks badly then, and keeps the rest of the contract all the same."""


@pytest.mark.parametrize("name", [MEMBERS.get(name, name) for name in weaknas.names("predictors")])
class TestBuiltins(PredictorContract):
    @pytest.fixture
    def predictor(self, name, request):
        made = weaknas.predictor(name)
        quick = {} if "mean" in request.node.name else {k: v for k, v in QUICK.items() if k in made.get_params(False)}
        return made.set_params(**quick) if quick else made
