"""Costs that are missing or told twice: a search goes on, and none of them is in the front."""

import numpy as np
import pytest

import weaknas
from weaknas.spaces import NasBench201
from weaknas_benchmarks.table import Table

OPTIONS = {"nsga2": {"population": 10}, "weaknas-pareto": {"predictor": "ridge"}}


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
    options = OPTIONS[name] | {"costs": costs}
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
    options = OPTIONS[name] | {"costs": ("latency_ms_here",)}
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
