"""The rows that are kept of a run."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import weaknas
from weaknas_experiments.study.instantiate import make_strategy, open_benchmark
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.results_schema import SCHEMA
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study


def test_the_rows_are_those_of_the_searches(results_of, study_file, tmp_path):
    results_of("out")
    results = load(tmp_path / "out")
    frame = results.frame
    assert list(frame.columns) == SCHEMA.names
    order = ["benchmark", "label", "seed", "query"]
    assert frame[order].to_numpy().tolist() == sorted(frame[order].to_numpy().tolist())
    assert len(frame) == 2 * 3 * 40
    study = load_study(study_file())
    opened = open_benchmark(study.benchmarks[0], 0)
    strategy = make_strategy(study.strategies[1], opened, 2)
    history = weaknas.search(opened.benchmark, strategy, 40).history
    part = frame[(frame.label == "weaknas (ridge)") & (frame.seed == 2)]
    assert part.arch.tolist() == history.arch.tolist()
    assert part.valid_acc.tolist() == history.valid_acc.astype(np.float32).tolist()
    assert part.cost.tolist() == list(range(1, 41))
    assert part.spent_seconds.tolist() == [100.0 * query for query in range(1, 41)]
    assert json.loads(part.options.iloc[0]) == json.loads(history.options.iloc[0])


def test_a_stop_at_the_validation_optimum_says_nothing_of_the_test_optimum(results_of, tmp_path):
    for name, stop in (("whole", "optimum"), ("out", "valid-optimum")):
        runs = ("seeds = 3", f'seeds = 2\nstop = "{stop}"')
        results_of(name, ("budget = 40", "budget = 99999"), runs, (', "paper"', ""))
    whole, cut = load(tmp_path / "whole").frame, load(tmp_path / "out").frame
    assert cut.hit_test.isna().all()
    runs = ["label", "seed"]
    ends = cut.groupby(runs).tail(1)
    assert ends.hit_valid.all()
    assert cut.hit_valid.sum() == len(ends)
    ended = whole.merge(ends[[*runs, "query"]], on=runs, suffixes=("", "_end"))
    kept = ended[ended["query"] <= ended["query_end"]]
    pd.testing.assert_series_equal(kept.arch, cut.arch, check_index=False)


def test_lower_fidelities_cost_less_and_are_no_hits(study_file, tmp_path):
    text = study_file().read_text().replace(str(tmp_path / "toy.parquet"), "digits").replace('"random"', '"hyperband"')
    (tmp_path / "low.toml").write_text(text)
    run_study(plan(load_study(tmp_path / "low.toml"), ["hyperband"]), tmp_path / "out")
    frame = load(tmp_path / "out").frame
    low = frame[frame.fidelity.notna()]
    assert len(low) > 0
    assert not low.hit_valid.any()
    assert frame.cost.max() <= 40
    assert len(frame[frame.seed == 0]) > 40


def test_what_no_optimum_is_known_of_is_null(study_file, toy_frame, toy_file, tmp_path):
    card = pq.read_schema(toy_file).metadata
    table = pa.Table.from_pandas(toy_frame.drop(columns="test_acc"), preserve_index=False)
    pq.write_table(table.replace_schema_metadata(card), toy_file)
    open_benchmark.__globals__["_opened"].cache_clear()
    run_study(plan(load_study(study_file())), tmp_path / "out")
    results = load(tmp_path / "out")
    assert results.frame.hit_test.isna().all()
    assert not results.frame.hit_valid.isna().any()
    assert results.manifest.benchmarks["toy"].optimum.test_acc is None
