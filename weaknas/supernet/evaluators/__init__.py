"""Evaluators: how good an architecture of a supernet is, by accuracies or by indicators; a search maximises either."""

from .accuracy import RecalibratedAccuracy, Settings
from .base import AccuracyEvaluator, Evaluator, Indicator
from .bn_indicator import BnIndicator
from .evaluation import (
    EVALUATORS,
    INDICATORS,
    Evaluation,
    make_evaluator,
    make_indicators,
    open_evaluator,
    open_indicator,
)
from .frozen_head import FrozenHead
from .linear_probe import LinearProbe
from .score_cache import Score
from .stand_alone import StandAlone
from .zero_cost import ZeroCost

__all__ = [
    "EVALUATORS",
    "INDICATORS",
    "AccuracyEvaluator",
    "BnIndicator",
    "Evaluation",
    "Evaluator",
    "FrozenHead",
    "Indicator",
    "LinearProbe",
    "RecalibratedAccuracy",
    "Score",
    "Settings",
    "StandAlone",
    "ZeroCost",
    "make_evaluator",
    "make_indicators",
    "open_evaluator",
    "open_indicator",
]
