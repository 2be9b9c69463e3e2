"""The example plug-ins keep the contract, as their authors would test it."""

from pathlib import Path

import pytest

import weaknas
from weaknas.testing import PredictorContract, SchemeContract

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
PLUGINS = [f"{EXAMPLES / 'knn.py'}:KNN", f"{EXAMPLES / 'plugin-package/weaknas_example_plugin.py'}:MedianOfRidges"]


@pytest.mark.parametrize("name", PLUGINS)
class TestExamples(PredictorContract):
    @pytest.fixture
    def predictor(self, name):
        return weaknas.predictor(name)


class TestExampleOfAScheme(SchemeContract):
    @pytest.fixture
    def scheme(self):
        return f"{EXAMPLES / 'importance.py'}:Importance"
