"""Scores and costs that are missing or infinite: a search goes on, and none of them is among the best."""

import numpy as np
import pytest

import weaknas
from weaknas.spaces import Choices, NasBench201
from weaknas.strategies.tradeoff import Tradeoff
from weaknas_benchmarks.table import Table

ROUNDS, EACH = 6, 6
OPTIONS = {
    "bananas": {"predictor": "gp"},
    "brp-nas": {"predictor": "ridge", "train": 12},
    "dngo": {"predictor": "gp"},
    "evolution": {"predictor": "ridge", "generations": 2, "population": 20},
    "hyperband": {"fidelities": (1, 3, 9)},
    "nas-bowl": {"predictor": "gp"},
    "npenas": {"predictor": "ridge"},
    "nsga2": {"population": 10, "costs": (), "objectives": 2},
    "one-shot": {"predictor": "ridge", "initial": 10},
    "optuna:cmaes": {},
    "optuna:nsgaii": {},
    "optuna:tpe": {},
    "regularized-evolution": {"population": 10, "sample": 3},
    "weaknas": {"predictor": "ridge"},
    "weaknas-pareto": {"predictor": "ridge", "costs": (), "objectives": 2},
}
NAMES = sorted({*weaknas.names("strategies"), *OPTIONS} - {"optuna"})
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
    if isinstance(strategy, Tradeoff):
        assert np.isfinite(strategy.front()[1]).all()


@pytest.fixture(scope="module")
def patchy(toy_frame):
    """A table of 400 rows of which some, good ones among them, have no latency."""
    frame = toy_frame.sample(400, random_state=0).reset_index(drop=True)
    frame["latency_ms_here"] = np.random.default_rng(0).random(400)
    frame.loc[frame["valid_acc"].nlargest(5).index, "latency_ms_here"] = np.nan
    return Table.from_frame(frame, NasBench201(), name="patchy")


@pytest.mark.parametrize("name", ["nsga2", "weaknas-pareto"])
@pytest.mark.parametrize("costs", [("latency_ms_here",), ("latency_ms_here", "params")])
def test_a_cost_that_is_missing_is_never_part_of_the_trade_off(patchy, name, costs):
    options = OPTIONS[name] | {"costs": costs, "objectives": 1}
    strategy = weaknas.strategy(name, patchy.space, seed=0, **options)
    result = weaknas.search(patchy, strategy, 120)
    assert len(result.history) == 120
    architectures, points = strategy.front()
    assert len(architectures)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("name", ["nsga2", "weaknas-pareto"])
def test_where_no_cost_is_known_the_search_goes_on(toy_frame, name):
    frame = toy_frame.head(60).assign(latency_ms_here=np.nan)
    bench = Table.from_frame(frame, NasBench201(), name="unknown")
    options = OPTIONS[name] | {"costs": ("latency_ms_here",), "objectives": 1}
    if name == "weaknas-pareto":
        options |= {"candidates": 30}
    strategy = weaknas.strategy(name, bench.space, seed=0, **options)
    assert len(weaknas.search(bench, strategy, 50).history) == 50
    assert len(strategy.front()[0]) == 0


def test_what_is_told_twice_is_once_in_the_front():
    strategy = weaknas.strategy("nsga2", NasBench201(), seed=0)
    batch = strategy.ask(4).batch
    for _ in range(2):
        strategy.tell(batch, [4.0, 3.0, 2.0, 1.0])
    architectures, _ = strategy.front()
    assert len(np.unique(architectures, axis=0)) == len(architectures)
