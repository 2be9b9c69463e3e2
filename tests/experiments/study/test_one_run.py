"""One run of a study: what is recorded, and where it ends."""

import io

import numpy as np
import pyarrow.parquet as pq
import pytest

import weaknas
from weaknas import Progress, StopSearch
from weaknas_experiments.statistics import curves
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


def test_simulated_workers_add_their_clock_where_there_are_any(results_of, tmp_path):
    plain = results_of("plain", (', "paper"', ""))
    more = '[[benchmarks]]\nname = "TABLE"\nlabel = "eight"\nworkers = 8\n\n[[strategies]]\nname = "random"'
    more = more.replace("TABLE", str(tmp_path / "toy.parquet"))
    results_of("out", (', "paper"', ""), ('[[strategies]]\nname = "random"', more))
    results = load(tmp_path / "out")
    frame, cards = results.frame, results.manifest.benchmarks
    assert "clock_seconds" not in pq.read_schema(io.BytesIO(plain)).names
    assert frame["clock_seconds"][frame.benchmark == "toy"].isna().all()
    assert (cards["toy"].workers, cards["eight"].workers) == (None, 8)
    for _, run in frame[frame.benchmark == "eight"].groupby(["label", "seed"], observed=True):
        assert run["clock_seconds"].tolist() == [100.0 * (1 + i // 8) for i in range(40)]  # a training takes 100 s
        assert run["query"].tolist() == list(range(1, 41))
    reached = curves.progress(frame, cards)
    (bands,) = (part for name, part in curves.bands(reached, "best", "clock", [1 / 36, 5 / 36]).groupby("benchmark"))
    assert bands.benchmark.unique() == ["eight"]
    assert not bands["mean"].isna().any()


def test_workers_are_part_of_what_a_run_follows_from(study_file):
    def digests(*changes):
        return [spec.digest for spec in plan(load_study(study_file(*changes))).specs]

    one, two = (digests(("budget = 40", f"budget = 40\nworkers = {n}")) for n in (1, 2))
    own = digests(("budget = 40", "budget = 40\nworkers = 1"), ('label = "toy"', 'label = "toy"\nworkers = 2'))
    assert two == own
    assert len({*digests(), *one, *two}) == 18
