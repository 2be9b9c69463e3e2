import numpy as np

from weaknas_experiments.statistics.many import Run
from weaknas_experiments.statistics.portfolio import best_of, best_pair


def made(**scores):
    """Runs of `benchmark_label = (mean score, spread)`, twenty seeds."""
    rng = np.random.default_rng(0)
    return {
        tuple(name.split("_")): [
            Run(np.array([1.0, 9.0]), np.array([1.0, 1 - mean - spread * rng.random()]), False) for _ in range(20)
        ]
        for name, (mean, spread) in scores.items()
    }


def test_the_best_and_those_that_are_not_apart_from_it():
    runs = made(x_good=(0.8, 0.1), x_same=(0.8, 0.1), x_bad=(0.3, 0.1), y_good=(0.5, 0.1), y_bad=(0.9, 0.05))
    best = best_of(runs, [9]).set_index("benchmark")
    assert {best.loc["x", "best"], *best.loc["x", "ties"]} == {"good", "same"}
    assert (best.loc["y", "best"], best.loc["y", "ties"]) == ("bad", [])
    assert best_of(runs, [100]).empty  # of no run more is known


def test_two_that_complete_each_other_are_the_best_pair():
    pair, both, single = best_pair(
        {
            "early": {"x": np.array([0.9]), "y": np.array([0.1])},
            "late": {"x": np.array([0.1]), "y": np.array([0.9])},
            "middle": {"x": np.array([0.6]), "y": np.array([0.6])},
            "elsewhere": {"x": np.array([1.0])},
        }
    )
    assert set(pair) == {"early", "late"}
    assert (both, single) == (0.9, 0.6)
    assert best_pair({"one": {"x": np.array([1.0])}}) is None
