"""Benchmarks and strategies as the study file names them."""

import numpy as np

import weaknas
from weaknas_experiments.study.results import load


def test_the_seed_draws_the_training_runs(results_of, tmp_path):
    results_of("out", ('label = "toy"', 'label = "toy"\noptions = { run = "random" }'))
    frame = load(tmp_path / "out").frame
    for seed in (0, 2):
        part = frame[(frame.label == "random") & (frame.seed == seed)]
        bench = weaknas.benchmark(str(tmp_path / "toy.parquet"), run="random", seed=seed)
        seen = bench.evaluate(bench.space.from_str(part.arch)).scores
        assert part.valid_acc.tolist() == seen.astype(np.float32).tolist()


def test_a_constraint_has_an_optimum_of_its_own(results_of, tmp_path):
    other = ('name = "weaknas"\npredictor = "ridge"', 'name = "local-search"')
    window = ('label = "toy"', 'constraint = "params < 300000"')
    results_of("out", other, window, ("budget = 40", "budget = 9999"), ("seeds = 3", "seeds = 1"))
    results = load(tmp_path / "out")
    (card,) = results.manifest.benchmarks.values()
    bench = weaknas.benchmark(str(tmp_path / "toy.parquet"))
    space = bench.space.where("params < 300000")
    assert card.optimum.test_acc == bench.report(space.rows).test.max() < bench.optimum.test
    assert card.size == space.size
    assert results.frame.hit_test.groupby(results.frame.seed).sum().tolist() == [2]
