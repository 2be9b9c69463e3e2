"""One run of a study: what is recorded, and where it ends."""

import numpy as np
import pytest

import weaknas
from weaknas import Progress, StopSearch
from weaknas_experiments.study.instantiate import make_strategy, open_benchmark
from weaknas_experiments.study.one_run import SearchMonitor
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.study_file import load_study


def test_a_budget_beyond_the_space_is_the_space_and_a_stop_is_at_the_second_hit(results_of, tmp_path):
    results_of("out", ("budget = 40", "budget = 99999"), ("seeds = 3", 'seeds = 2\nstop = "optimum"'))
    frame = load(tmp_path / "out").frame
    for _, part in frame.groupby(["label", "seed"]):
        first = [int(part["query"][part[hit].astype(bool)].iloc[0]) for hit in ("hit_valid", "hit_test")]
        assert len(part) == max(first)
    bench = weaknas.benchmark(str(tmp_path / "toy.parquet"))
    hit = frame[frame.hit_test.astype(bool)]
    assert bench.report(bench.space.from_str(hit.arch)).test.tolist() == [bench.optimum.test] * len(hit)


def test_the_top_1_of_every_fit_is_recorded(results_of, study_file, tmp_path):
    results_of("out")
    frame = load(tmp_path / "out").frame
    assert frame.top1_test[frame.label == "random"].isna().all()
    part = frame[(frame.label == "weaknas (ridge)") & (frame.seed == 1)]
    assert part["query"][part.top1_test.notna()].tolist() == [10, 20, 30, 40]
    opened = open_benchmark(load_study(study_file()).benchmarks[0], 1)
    strategy = weaknas.strategy("weaknas", opened.space, predictor="ridge", seed=1)
    weaknas.search(opened.benchmark, strategy, 20)
    assert strategy.recommend() is not None
    strategy.ask(10)
    top1 = opened.benchmark.report(strategy.recommend()).test
    assert part.top1_test[part["query"] == 20].tolist() == top1.astype(np.float32).tolist()
    results_of("without", (', "paper"', ""))
    assert load(tmp_path / "without").frame.top1_test.isna().all()


def test_a_search_does_not_end_at_a_shorter_training_of_the_optimum(study_file):
    spec = plan(load_study(study_file(("seeds = 3", 'stop = "valid-optimum"'), (', "paper"', "")))).specs[0]
    opened = open_benchmark(spec.benchmark, 0)
    every = opened.benchmark.report(opened.space.rows).valid
    best = opened.space.rows[[np.nanargmax(every)]]
    monitor = SearchMonitor(spec, opened, make_strategy(spec.strategy, opened, 0))
    monitor(Progress(0.1, 40, 50.0, best, every[:1], fidelity=50))
    with pytest.raises(StopSearch):
        monitor(Progress(1.1, 40, 50.0, best, every[:1]))
