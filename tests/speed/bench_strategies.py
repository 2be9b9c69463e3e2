"""What each strategy takes for `ask(10)` on NAS-Bench-101 with 500 observations, at its defaults.

Run with `make bench`. A predictor's fit and the scoring of its candidates are in it, cold caches are not. The
reference is a random forest of scikit-learn, fitted to as many and predicting all cells at once. Processor seconds
stand beside wall seconds.
"""

import time

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from threadpoolctl import threadpool_limits

import weaknas

SEEN = 500
OPTIONS = {"hyperband": {"fidelities": (4, 12, 36, 108)}}
reference: list[float] = []


@pytest.fixture(scope="module")
def bench():
    return weaknas.benchmark("nasbench101")


def test_reference(benchmark, bench):
    features = np.array(bench.space.encoded("adjacency"))
    rows = np.random.default_rng(0).choice(bench.space.size, SEEN, replace=False)
    scores = bench.evaluate(bench.space.rows[rows]).scores

    def run():
        start = time.process_time()
        with threadpool_limits(1):
            RandomForestRegressor(random_state=0).fit(features[rows], scores).predict(features)
        reference.append(time.process_time() - start)

    benchmark.pedantic(run, rounds=1)


@pytest.mark.parametrize("name", [name for name in weaknas.names("strategies") if ":" not in name])
def test_ask(benchmark, bench, name):
    def told():
        strategy = weaknas.strategy(name, bench.space, seed=0, **OPTIONS.get(name, {}))
        batch, fidelity = strategy.ask(SEEN)
        strategy.tell(batch, bench.evaluate(batch).scores, fidelity)
        return strategy

    warm = told()
    if warm.options.get("candidates") == "all":
        for kind in warm.options["encoding"].split(", "):
            bench.space.encoded(kind)
    strategy, processor = told(), []

    def run():
        start = time.process_time()
        strategy.ask(10)
        processor.append(time.process_time() - start)

    benchmark.pedantic(run, rounds=1)
    wall = benchmark.stats.stats.median
    ratio = f"{processor[0] / reference[0]:.2f} times the reference" if reference else "no reference"
    print(f"\n{name}, {strategy.predictor_name}: {processor[0]:.2f} s of processor, {wall:.2f} s, {ratio}")
