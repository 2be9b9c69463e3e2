"""Published contract suites: subclass, name your plug-in, inherit the tests.

    import pytest
    from weaknas.testing import PredictorContract

    class TestMine(PredictorContract):
        @pytest.fixture
        def predictor(self):
            return Mine()

`verdicts` runs a suite without pytest and says in words what holds; `weaknas predictor check` prints that.
"""

from typing import TYPE_CHECKING, Any

from .predictors import PredictorContract
from .running import Verdict, verdicts
from .spaces import SpaceContract
from .strategies import StrategyContract

if TYPE_CHECKING:
    from .schemes import SchemeContract
    from .supernets import SupernetContract

__all__ = [
    "PredictorContract",
    "SchemeContract",
    "SpaceContract",
    "StrategyContract",
    "SupernetContract",
    "Verdict",
    "verdicts",
]


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is asked for."""
    if name == "SupernetContract":
        from .supernets import SupernetContract

        return SupernetContract
    if name == "SchemeContract":
        from .schemes import SchemeContract

        return SchemeContract
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
