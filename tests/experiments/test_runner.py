import json
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

import weaknas
from weaknas.errors import WeaknasError
from weaknas_experiments import folder, runner
from weaknas_experiments.cells import make, open_benchmark, run
from weaknas_experiments.folder import merge_folders
from weaknas_experiments.results import load
from weaknas_experiments.rows import SCHEMA
from weaknas_experiments.runner import plan, run_study
from weaknas_experiments.study_file import InvalidStudy, load_study

SLOW = """
import time
from weaknas.strategies.random import RandomSearch
class Slow(RandomSearch):
    name = "slow"
    def __init__(self, space, *, wait=0.0, seed=0):
        super().__init__(space, seed=seed)
        self.wait = wait
    @property
    def wants(self):
        return 10
    def ask(self, n=None):
        time.sleep(self.wait)
        return super().ask(n)
class Broken(Slow):
    name = "broken"
    def ask(self, n=None):
        raise RuntimeError("out of order")
"""


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
    strategy = make(study.strategies[1], opened, 2)
    history = weaknas.search(opened.benchmark, strategy, 40).history
    part = frame[(frame.label == "weaknas (ridge)") & (frame.seed == 2)]
    assert part.arch.tolist() == history.arch.tolist()
    assert part.valid_acc.tolist() == history.valid_acc.astype(np.float32).tolist()
    assert part.cost.tolist() == list(range(1, 41))
    assert part.spent_seconds.tolist() == [100.0 * query for query in range(1, 41)]
    assert json.loads(part.options.iloc[0]) == json.loads(history.options.iloc[0])


def test_the_folder_says_what_it_is(results_of, tmp_path):
    results_of("out")
    results = load(tmp_path / "out")
    manifest, entry = results.manifest, results.manifest["benchmarks"]["toy"]
    bench = weaknas.benchmark(str(tmp_path / "toy.parquet"))
    assert manifest["study"] == "small"
    assert manifest["versions"]["weaknas"] == weaknas.__version__
    assert entry["optimum"] == {"valid_acc": bench.optimum.valid_acc, "test_acc": bench.optimum.test_acc}
    assert entry["universe"] == "15,625 listed architectures"
    assert entry["checksums"] == bench.checksums
    assert 'name = "small"' in manifest["file"]
    assert len(results.timings) == 6
    assert (results.timings.overhead_seconds <= results.timings.wall_seconds).all()
    assert not (tmp_path / "out/runs").exists()


def test_any_number_of_jobs_gives_the_same_bytes(results_of):
    assert results_of("one") == results_of("two", jobs=2)


def test_new_seeds_and_strategies_run_alone(results_of, tmp_path, monkeypatch):
    more = (
        ("seeds = 3", "seeds = 4"),
        ('name = "random"', 'name = "random"\n\n[[strategies]]\nname = "local-search"'),
    )
    whole = results_of("whole", *more)
    results_of("out")
    ran = []
    monkeypatch.setattr(runner, "attempt", lambda cell: ran.append(cell.key) or (cell, run(cell)))
    assert results_of("out", *more) == whole
    assert len(ran) == 2 + 4
    assert results_of("out", *more) == whole
    assert len(ran) == 6


def test_a_part_of_the_strategies_can_be_run_first(results_of, study_file, tmp_path):
    whole = results_of("whole")
    study = load_study(study_file())
    for only in ("weak*", "random"):
        run_study(plan(study, [only]), tmp_path / "parts")
    assert (tmp_path / "parts" / folder.RESULTS).read_bytes() == whole
    with pytest.raises(InvalidStudy, match="no strategy of small is labelled 'weka'; there are random, weaknas"):
        plan(study, ["weka"])


def test_a_killed_study_goes_on_and_ends_with_the_same_bytes(study_file, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    slow = ('name = "random"', f'name = "{tmp_path / "slow.py"}:Slow"\nlabel = "slow"\noptions = {{ wait = 0.05 }}')
    path = study_file(slow, ("seeds = 3", "seeds = 12"))
    command = [sys.executable, "-c", "from weaknas.cli import main; main()", "study", "run", str(path), "--jobs", "2"]
    killed = subprocess.Popen([*command, "--out", str(tmp_path / "killed")], stdout=subprocess.PIPE)
    runs = tmp_path / "killed/runs"
    deadline = time.monotonic() + 60
    while not (runs.is_dir() and list(runs.glob("*.parquet"))) and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)  # its workers hold the pipe: they end as well
    assert 0 < len(folder.read_runs(tmp_path / "killed")) < 24
    for at in ("killed", "whole"):
        run_study(plan(load_study(path)), tmp_path / at)
    killed, whole = ((tmp_path / at / folder.RESULTS).read_bytes() for at in ("killed", "whole"))
    assert killed == whole


def test_a_kill_while_merging_loses_nothing(results_of, tmp_path, monkeypatch, study_file):
    whole = results_of("whole")
    write = folder._write_table

    def killed_after_the_rows(path, table):
        if path.name == folder.TIMINGS:
            raise KeyboardInterrupt
        write(path, table)

    monkeypatch.setattr(folder, "_write_table", killed_after_the_rows)
    with pytest.raises(KeyboardInterrupt):
        results_of("out")
    (tmp_path / "out/runs/.half.parquet.0.part").write_bytes(b"half a file")
    assert len(load(tmp_path / "out").frame) == 240
    monkeypatch.setattr(folder, "_write_table", write)
    monkeypatch.setattr(runner, "attempt", lambda cell: pytest.fail("nothing is left to run"))
    assert results_of("out") == whole
    assert not (tmp_path / "out/runs").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([('"small"', '"other"')], "holds the results of the study 'small', not of 'other'"),
        ([("seeds = 3", "seeds = 2")], "holds a run of .* with seed 2, which the study no longer has"),
        ([("budget = 40", "budget = 50")], "with seed 0, made with other settings; name another folder"),
        ([('"ridge"', '"ridge"\noptions = { pool = 30 }')], "a run of weaknas .ridge. on toy .* other settings"),
        ([("seeds = 3", 'seeds = 3\nstop = "optimum"')], "made with other settings"),
        ([(', "paper"', "")], "made with other settings"),
    ],
)
def test_a_folder_of_other_runs_is_refused_and_kept(results_of, tmp_path, changes, message):
    before = results_of("out")
    with pytest.raises(InvalidStudy, match=message):
        results_of("out", *changes)
    assert (tmp_path / "out" / folder.RESULTS).read_bytes() == before


def test_runs_made_with_another_default_are_refused_and_kept(results_of, tmp_path, monkeypatch):
    before = results_of("out")
    defaults = weaknas.strategies.weak.WeakNAS.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "explore", 0.2)
    with pytest.raises(
        InvalidStudy, match=r"weaknas \(ridge\) on toy with explore = 0.3, which is now 0.2 by default"
    ):
        results_of("out")
    assert (tmp_path / "out" / folder.RESULTS).read_bytes() == before


def test_another_table_under_the_same_name_is_refused(results_of, toy_frame, toy_file, tmp_path):
    results_of("out")
    card = pq.read_schema(toy_file).metadata
    changed = pa.Table.from_pandas(
        toy_frame.assign(test_acc=toy_frame.test_acc[::-1].to_numpy()), preserve_index=False
    )
    pq.write_table(changed.replace_schema_metadata(card), toy_file)
    open_benchmark.__globals__["_opened"].cache_clear()
    with pytest.raises(InvalidStudy, match=r"the table toy\.parquet of toy is not the one that .* was made with"):
        results_of("out")


def test_a_folder_in_use_is_refused_and_a_dead_lock_is_not(results_of, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.lock").touch()  # left by a process that died
    results_of("out")
    with FileLock(tmp_path / "out/.lock"), pytest.raises(InvalidStudy, match="another process is working on"):
        results_of("out")
    assert not folder.in_use(tmp_path / "out")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([('"random"', '"lost-search"')], r"line 11, on toy: there is no strategy named 'lost-search'; did you mean"),
        ([('"ridge"', '"rigde"')], r"line 14, on toy: there is no predictor named 'rigde'; did you mean ridge"),
        ([('"ridge"', '"ridge"\noptions = { pol = 1 }')], r"line 14, on toy: .* 'pol'; it takes predictor"),
        ([('"ridge"', '"ridge"\npredictor_options = { x = 1 }')], r"line 14, on toy: the predictor 'ridge'"),
        ([("toy.parquet", "none.parquet")], r"line 7: there is no table"),
        ([('label = "toy"', 'constraint = "size < 3"')], r"line 7: .* does not know 'size'"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_runs(study_file, changes, message):
    with pytest.raises(InvalidStudy, match=message):
        plan(load_study(study_file(*changes)))


def test_a_run_that_fails_does_not_stop_the_others_and_is_tried_again(results_of, study_file, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    change = ('name = "random"', f'name = "{tmp_path / "slow.py"}:Broken"\nlabel = "broken"')
    planned = plan(load_study(study_file(change)))
    for _ in range(2):
        failed = run_study(planned, tmp_path / "out")
        assert failed == {"broken": "toy, seed 0: RuntimeError: out of order"}
        assert sorted(load(tmp_path / "out").timings.label.unique()) == ["weaknas (ridge)"]


def test_a_full_disk_is_one_sentence_and_keeps_what_was_written(results_of, tmp_path, monkeypatch):
    whole = results_of("whole")
    write, calls = folder.pq.write_table, []

    def full(*arguments, **options):
        calls.append(1)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return write(*arguments, **options)

    monkeypatch.setattr(folder.pq, "write_table", full)
    with pytest.raises(WeaknasError, match="No space left on device"):
        results_of("out")
    monkeypatch.setattr(folder.pq, "write_table", write)
    assert len(folder.read_runs(tmp_path / "out")) == 2
    assert results_of("out") == whole


def test_folders_of_one_study_are_merged(results_of, tmp_path):
    whole = results_of("whole")
    results_of("first", ("seeds = 3", 'seeds = "0-1"'))
    results_of("second", ("seeds = 3", 'seeds = "1-2"'))
    merge_folders([tmp_path / "first", tmp_path / "second"], tmp_path / "both")
    assert (tmp_path / "both" / folder.RESULTS).read_bytes() == whole
    assert load(tmp_path / "both").manifest["strategies"]["random"]["seeds"] == [[0, 1], [1, 2]]
    with pytest.raises(InvalidStudy, match="holds results already"):
        merge_folders([tmp_path / "first"], tmp_path / "both")
    results_of("third", ('"ridge"', '"ridge"\noptions = { pool = 30 }'))
    with pytest.raises(InvalidStudy, match=r"do not belong together: 'weaknas \(ridge\)' differs"):
        merge_folders([tmp_path / "first", tmp_path / "third"], tmp_path / "wrong")
    results_of("fourth", ('"small"', '"large"'))
    with pytest.raises(InvalidStudy, match="do not belong together: study is 'small' and 'large'"):
        merge_folders([tmp_path / "first", tmp_path / "fourth"], tmp_path / "wrong")


def test_the_seed_draws_the_training_runs(results_of, tmp_path):
    results_of("out", ('label = "toy"', 'label = "toy"\noptions = { run = "random" }'))
    frame = load(tmp_path / "out").frame
    for seed in (0, 2):
        part = frame[(frame.label == "random") & (frame.seed == seed)]
        bench = weaknas.benchmark(str(tmp_path / "toy.parquet"), run="random", seed=seed)
        seen = bench.evaluate(bench.space.from_str(part.arch)).scores
        assert part.valid_acc.tolist() == seen.astype(np.float32).tolist()


def test_a_budget_beyond_the_space_is_the_space_and_a_stop_is_at_the_second_hit(results_of, tmp_path):
    results_of("out", ("budget = 40", "budget = 99999"), ("seeds = 3", 'seeds = 2\nstop = "optimum"'))
    frame = load(tmp_path / "out").frame
    for _, part in frame.groupby(["label", "seed"]):
        first = [int(part["query"][part[hit].astype(bool)].iloc[0]) for hit in ("hit_valid", "hit_test")]
        assert len(part) == max(first)
    bench = weaknas.benchmark(str(tmp_path / "toy.parquet"))
    hit = frame[frame.hit_test.astype(bool)]
    assert bench.report(bench.space.from_str(hit.arch)).test_acc.tolist() == [bench.optimum.test_acc] * len(hit)


def test_a_stop_at_the_validation_optimum_says_nothing_of_the_test_optimum(results_of, tmp_path):
    longer = (("budget = 40", "budget = 99999"), ("seeds = 3", "seeds = 2"), (', "paper"', ""))
    results_of("whole", *longer)
    results_of("out", *longer[:1], ("seeds = 3", 'seeds = 2\nstop = "valid-optimum"'), longer[2])
    whole, cut = load(tmp_path / "whole").frame, load(tmp_path / "out").frame
    assert cut.hit_test.isna().all()
    runs = ["label", "seed"]
    ends = cut.groupby(runs).tail(1)
    assert ends.hit_valid.all()
    assert cut.hit_valid.sum() == len(ends)
    ended = whole.merge(ends[[*runs, "query"]], on=runs, suffixes=("", "_end"))
    kept = ended[ended["query"] <= ended["query_end"]]
    pd.testing.assert_series_equal(kept.arch, cut.arch, check_index=False)


def test_a_constraint_has_an_optimum_of_its_own(results_of, tmp_path):
    other = ('name = "weaknas"\npredictor = "ridge"', 'name = "local-search"')
    window = ('label = "toy"', 'constraint = "params < 300000"')
    results_of("out", other, window, ("budget = 40", "budget = 9999"), ("seeds = 3", "seeds = 1"))
    results = load(tmp_path / "out")
    (label,) = results.manifest["benchmarks"]
    entry = results.manifest["benchmarks"][label]
    bench = weaknas.benchmark(str(tmp_path / "toy.parquet"))
    space = bench.space.where("params < 300000")
    assert entry["optimum"]["test_acc"] == bench.report(space.rows).test_acc.max() < bench.optimum.test_acc
    assert entry["size"] == space.size
    assert results.frame.hit_test.groupby(results.frame.seed).sum().tolist() == [2]


def test_the_favourite_of_every_fit_is_recorded(results_of, study_file, tmp_path):
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
    favourite = opened.benchmark.report(strategy.recommend()).test_acc
    assert part.top1_test[part["query"] == 20].tolist() == favourite.astype(np.float32).tolist()
    results_of("without", (', "paper"', ""))
    assert load(tmp_path / "without").frame.top1_test.isna().all()


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
    assert results.manifest["benchmarks"]["toy"]["optimum"]["test_acc"] is None


def test_backends_that_are_not_installed_say_how_to_get_them(study_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    planned = plan(load_study(study_file()))
    for backend, package in (("dask", "dask[distributed]"), ("ray", "ray[default]")):
        with pytest.raises(InvalidStudy, match="needs a package; run: pip install") as error:
            run_study(planned, tmp_path / "out", 2, backend)
        assert package in str(error.value)
