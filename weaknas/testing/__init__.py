"""Published contract suites: subclass, name your plug-in, inherit the tests.

    import pytest
    from weaknas.testing import PredictorContract

    class TestMine(PredictorContract):
        @pytest.fixture
        def predictor(self):
            return Mine()

`verdicts` runs a suite without pytest and says in words what holds; `weaknas predictor check` prints that.
"""

from .predictors import PredictorContract
from .running import Verdict, verdicts
from .spaces import SpaceContract
from .strategies import StrategyContract

__all__ = ["PredictorContract", "SpaceContract", "StrategyContract", "Verdict", "verdicts"]
