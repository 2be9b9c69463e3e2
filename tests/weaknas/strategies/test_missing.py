"""Scores that are missing or infinite: a search goes on."""

import numpy as np
import pytest

import weaknas
from weaknas.spaces import Choices

ROUNDS, EACH = 6, 6
OPTIONS = {
    "asha": {"fidelities": (1, 3, 9)},
    "bananas": {"predictor": "gp"},
    "brp-nas": {"predictor": "ridge", "train": 12},
    "dngo": {"predictor": "gp"},
    "evolution": {"predictor": "ridge", "generations": 2, "population": 20},
    "freeze-thaw": {"fidelities": (1, 3, 9), "initial": 3},
    "hyperband": {"fidelities": (1, 3, 9)},
    "nas-bowl": {"predictor": "gp"},
    "npenas": {"predictor": "ridge"},
    "nsga2": {"population": 10, "costs": (), "objectives": 2},
    "one-shot": {"predictor": "ridge", "initial": 10},
    "optuna:cmaes": {},
    "optuna:nsgaii": {},
    "optuna:tpe": {},
    "random": {"objectives": 2},
    "regularized-evolution": {"population": 10, "sample": 3},
    "scalarized": {"population": 10, "sample": 3},
    "weaknas": {"predictor": "ridge"},
    "weaknas-pareto": {"predictor": "ridge", "costs": (), "objectives": 2},
}
NAMES = sorted({*weaknas.names("strategies"), *OPTIONS} - {"optuna", "sorted"})  # which knows no number of these
SPACE = Choices({f"choice {i}": (0, 1, 2, 3) for i in range(4)})
MISSING = {
    "all NaN": lambda good, rng: good * np.nan,
    "all infinite": lambda good, rng: good + np.inf,
    "all minus infinity": lambda good, rng: good - np.inf,
    "some": lambda good, rng: np.where(rng.random(len(good)) < 0.7, rng.choice([np.nan, np.inf, -np.inf]), good),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", MISSING)
def test_failures_of_any_kind_and_number_do_not_stop_a_strategy(name, missing):
    strategy = weaknas.strategy(name, SPACE, seed=0, **OPTIONS.get(name, {}))
    rng, asked = np.random.default_rng(0), []
    for _ in range(ROUNDS):
        batch, fidelity = strategy.ask(EACH)
        scores = MISSING[missing](rng.random(len(batch)), rng)
        strategy.tell(batch, scores if strategy.objectives == 1 else np.stack([scores, -scores], axis=1), fidelity)
        asked += [(row.tobytes(), fidelity) for row in batch]
    assert len(set(asked)) == len(asked) >= ROUNDS
    if strategy.objectives > 1:
        assert np.isfinite(strategy.front()[1]).all()
