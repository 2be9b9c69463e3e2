"""Published contract suites: subclass, name your plug-in, inherit the tests.

    import pytest
    from weaknas.testing import PredictorContract

    class TestMine(PredictorContract):
        @pytest.fixture
        def predictor(self):
            return Mine()

`verdicts` runs a suite without pytest and says in words what holds; `weaknas predictor check` prints that.
"""

from typing import Any

from .predictors import PredictorContract
from .running import Verdict, verdicts
from .strategies import StrategyContract

__all__ = ["PredictorContract", "SchemeContract", "StrategyContract", "Verdict", "verdicts"]


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is used; the other suites do without."""
    if name == "SchemeContract":
        from .schemes import SchemeContract

        return SchemeContract
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
