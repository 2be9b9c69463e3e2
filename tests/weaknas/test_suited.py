import pytest

import weaknas
from weaknas.metrics import Metric
from weaknas.spaces import NasBench201
from weaknas.suited import suited
from weaknas_benchmarks.table import Table


@pytest.fixture(scope="module")
def bench(toy_frame):
    """A table of an accuracy, a latency and a throughput that are free, and an energy that is not."""
    frame = toy_frame.head(200)
    frame = frame.assign(latency_ms_here=frame["params"] / 1e3, throughput_ips_here=1e9 / frame["params"])
    frame = frame.assign(energy=range(200))
    metrics = [
        Metric("accuracy", "%", valid="valid_acc", test="test_acc"),
        Metric("latency_ms_here", "ms", minimize=True, free=True),
        Metric("throughput_ips_here", free=True),
        Metric("energy", "J", minimize=True),
    ]
    objective = "valid_acc,latency_ms_here,throughput_ips_here,energy"
    return Table.from_frame(frame, NasBench201(), name="several", metrics=metrics, objective=objective)


def test_what_is_free_and_to_be_small_is_a_cost_and_the_rest_is_told(bench):
    assert suited("nsga2", bench, bench.space, {}) == {"costs": ("latency_ms_here",), "objectives": 3}
    assert suited("random", bench, bench.space, {}) == {"objectives": 4}
    assert suited("scalarized:random", bench, bench.space, {}) == {"objectives": 4}
    assert suited("optuna:tpe", bench, bench.space, {}) == {"objectives": 4}
    assert suited("weaknas", bench, bench.space, {}) == {}


def test_what_the_user_gave_stays(bench):
    assert suited("nsga2", bench, bench.space, {"costs": ()}) == {"costs": (), "objectives": 4}
    assert suited("weaknas-pareto", bench, bench.space, {"pool": 9, "objectives": 1})["objectives"] == 1


def test_a_cost_that_the_space_does_not_know_is_told(toy_frame):
    frame = toy_frame.head(50).assign(latency_ms_here=1.0)
    space = NasBench201()
    bench = Table.from_frame(frame, space, objective="valid_acc,latency_ms_here", universe="raw")
    assert suited("nsga2", bench, bench.space, {}) == {"costs": (), "objectives": 2}


def test_a_single_objective_changes_nothing(toy_frame):
    bench = Table.from_frame(toy_frame, NasBench201())
    assert suited("nsga2", bench, bench.space, {"population": 5}) == {"population": 5}
    assert suited("hyperband", bench, bench.space, {}) == {"fidelities": bench.fidelities}


@pytest.mark.parametrize("name", ["nsga2", "optuna:nsgaii", "random", "scalarized", "weaknas-pareto"])
def test_a_suited_strategy_searches_for_all_objectives(bench, name):
    fast = {"weaknas-pareto": {"predictor": "ridge"}}.get(name, {})
    strategy = weaknas.strategy(name, bench.space, **suited(name, bench, bench.space, fast))
    result = weaknas.search(bench, strategy, 40)
    assert len(result.tradeoff) == 4
    assert 0 < result.history["front"].sum() <= 40
    assert set(bench.space.to_str(strategy.front()[0])) == set(result.history["arch"][result.history["front"]])
