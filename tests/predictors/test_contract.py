"""The published contract, over every built-in predictor and every combinator."""

import inspect

import pytest

import weaknas
from weaknas import doors
from weaknas.testing import PredictorContract

MEMBERS = {
    "ensemble": "ensemble:extra-trees",
    "rank-transform": "rank-transform:random-forest",
    "clip-below-median": "clip-below-median:xgboost",
    "warm-start": "warm-start:mlp",
    "multi-fidelity": "multi-fidelity:ridge",
}
"""Combinators with a member that is fast."""
FEW_EPOCHS = 30


@pytest.mark.parametrize("name", [MEMBERS.get(name, name) for name in weaknas.names("predictors")])
class TestBuiltins(PredictorContract):
    @pytest.fixture
    def predictor(self, name, request):
        made = weaknas.predictor(name)
        if "epochs" in inspect.signature(doors.PREDICTORS.load(name)).parameters and "better" not in request.node.name:
            made.set_params(epochs=min(made.epochs, FEW_EPOCHS))  # training long is for ranking well
        return made
