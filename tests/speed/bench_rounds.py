"""One round of a search on NAS-Bench-101: fit to what was seen, score all 423,624 cells, choose.

Run with `make bench`. The reference is a round as the WeakNAS release does it: scikit-learn's MLP of 4 x 1000 units
in float64, every cell scored at once, a full sort. Ratios are printed beside each predictor's time.
"""

import time

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

import weaknas

SEEN = 500
RELEASED = {"hidden": (1000,) * 4, "epochs": 100, "learning_rate": 1e-3}
reference_seconds: list[float] = []


@pytest.fixture(scope="module")
def bench():
    return weaknas.benchmark("nasbench101")


def test_reference_round(benchmark, bench):
    features = np.array(bench.space.encoded("adjacency"), dtype=np.float64)
    rows = np.random.default_rng(0).choice(bench.space.size, SEEN, replace=False)
    scores = bench.evaluate(bench.space.rows[rows]).scores

    def run():
        start = time.perf_counter()
        with threadpool_limits(1):
            scaled = (scores - scores.mean()) / scores.std()
            network = MLPRegressor(hidden_layer_sizes=(1000,) * 4, max_iter=100, random_state=0)
            network.fit(features[rows], scaled)
            np.argsort(-network.predict(features))
        reference_seconds.append(time.perf_counter() - start)

    benchmark.pedantic(run, rounds=1)


@pytest.mark.parametrize(
    ("name", "options"), [("mlp", RELEASED), ("mlp", {}), ("xgboost", {}), ("random-forest", {})], ids=str
)
def test_round(benchmark, bench, name, options):
    strategy = weaknas.strategy(
        "weaknas", bench.space, predictor=weaknas.predictor(name, **options), initial=SEEN - 10, seed=0
    )
    for _ in range(2):  # the second ask warms the cache of encodings
        batch = strategy.ask().batch
        strategy.tell(batch, bench.evaluate(batch).scores)
    fewer = 1 if options else 3

    def run():
        strategy._stale = True
        strategy.ask(10)

    benchmark.pedantic(run, rounds=fewer)
    seconds = benchmark.stats.stats.median
    ratio = (
        f"{reference_seconds[0] / seconds:.1f} times the reference's speed" if reference_seconds else "no reference"
    )
    print(f"\n{name} {options or ''}: {seconds:.2f} s a round at {SEEN} seen, {ratio}")


@pytest.mark.parametrize("name", ["mlp", "xgboost"])
def test_whole_search(benchmark, bench, name):
    """100 random cells, then 10 a round up to 1,000 queries: 91 fits, each scoring the whole space."""

    def run():
        strategy = weaknas.strategy("weaknas", bench.space, predictor=name, initial=100, seed=0)
        return weaknas.search(bench, strategy, 1000)

    result = benchmark.pedantic(run, rounds=1)
    print(f"\n{name}: 1,000 queries in {benchmark.stats.stats.min:.0f} s, overhead {result.overhead_seconds:.0f} s")


@pytest.mark.parametrize("name", ["mlp", "xgboost"])
def test_search_of_200_queries_on_nasbench201(benchmark, name):
    table = weaknas.benchmark("nasbench201/cifar100")

    def run():
        return weaknas.search(table, weaknas.strategy("weaknas", table.space, predictor=name, seed=0), 200)

    result = benchmark.pedantic(run, rounds=3)
    print(f"\n{name}: 200 queries, overhead {result.overhead_seconds:.2f} s")
