"""Running a study: stopped, killed, continued, refused."""

import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

import weaknas
import weaknas_predictors.ridge
from weaknas.errors import InUse, WeaknasError
from weaknas_experiments.study import folder, parallel_runs
from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.instantiate import open_benchmark
from weaknas_experiments.study.merging import merge_folders
from weaknas_experiments.study.one_run import execute
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

SLOW = """
import os
import signal
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
class Killed(Slow):
    name = "killed"
    def ask(self, n=None):
        if self.seed == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().ask(n)
class Broken(Slow):
    name = "broken"
    def ask(self, n=None):
        raise RuntimeError("out of order")
"""


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
    monkeypatch.setattr(parallel_runs, "attempt", lambda spec: ran.append(spec.key) or (spec, execute(spec)))
    assert results_of("out", *more) == whole
    assert len(ran) == 2 + 4
    assert results_of("out", *more) == whole
    assert len(ran) == 6


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
    write = folder.write_parquet

    def killed_after_the_rows(path, table, **options):
        if path.name == folder.TIMINGS:
            raise KeyboardInterrupt
        write(path, table, **options)

    monkeypatch.setattr(folder, "write_parquet", killed_after_the_rows)
    with pytest.raises(KeyboardInterrupt):
        results_of("out")
    (tmp_path / "out/runs/.half.parquet.0.part").write_bytes(b"half a file")
    assert len(load(tmp_path / "out").frame) == 240
    monkeypatch.setattr(folder, "write_parquet", write)
    monkeypatch.setattr(parallel_runs, "attempt", lambda spec: pytest.fail("nothing is left to run"))
    assert results_of("out") == whole
    assert not (tmp_path / "out/runs").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([('"small"', '"other"')], "holds the results of the study 'small', not of 'other'"),
        ([("seeds = 3", "seeds = 2")], "holds a run of .* with seed 2, which the study no longer has"),
        (
            [("budget = 40", "budget = 50")],
            "with seed 0, made with other settings or another plug-in; name",
        ),
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
    monkeypatch.undo()
    monkeypatch.setattr(weaknas_predictors.ridge.Ridge.__init__, "__defaults__", (2.0,))
    with pytest.raises(InvalidStudy, match=r"on toy, its predictor with alpha = 1.0, which is now 2.0 by default"):
        results_of("out")
    assert (tmp_path / "out" / folder.RESULTS).read_bytes() == before
    monkeypatch.undo()
    assert results_of("out") == before


def test_another_default_predictor_is_refused(results_of, monkeypatch):
    default = ('predictor = "ridge"', "options = { pool = 20 }")
    results_of("out", default)
    signature = weaknas.strategies.weak.WeakNAS.__init__
    monkeypatch.setattr(signature, "__defaults__", ("ridge",))
    with pytest.raises(InvalidStudy, match="with predictor = 'rank-transform:gp', which is now 'ridge' by default"):
        results_of("out", default)


def test_a_parameter_that_is_not_a_number_is_equal_to_itself(results_of, study_file, tmp_path, monkeypatch):
    ridge = weaknas_predictors.ridge.Ridge
    monkeypatch.setattr(ridge, "get_params", lambda self, deep=True: {"alpha": self.alpha, "missing": float("nan")})
    monkeypatch.setattr(ridge, "set_params", lambda self, **params: self)
    monkeypatch.setattr(ridge, "__sklearn_clone__", lambda self: ridge(self.alpha), raising=False)
    assert results_of("out") == results_of("out")
    assert "NaN" in load(tmp_path / "out").manifest.strategies["weaknas (ridge)"].parameters["toy"][0].values()


def test_another_plug_in_file_is_refused(study_file, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    file = study_file(('name = "random"', f'name = "{tmp_path / "slow.py"}:Slow"\nlabel = "slow"'))
    run_study(plan(load_study(file)), tmp_path / "out")
    (tmp_path / "slow.py").write_text(SLOW + "# changed")
    with pytest.raises(InvalidStudy, match="holds a run of slow on toy with seed 0, made with other settings or ano"):
        run_study(plan(load_study(file)), tmp_path / "out")


def test_lost_results_are_missed(results_of, tmp_path):
    results_of("out")
    (tmp_path / "out" / folder.RESULTS).unlink()
    with pytest.raises(WeaknasError, match=r"has lost its results.parquet; restore it, or delete timings.parquet"):
        results_of("out")
    (tmp_path / "out" / folder.RESULTS).write_bytes(b"PAR1")
    with pytest.raises(WeaknasError, match="is damaged"), folder.locked(tmp_path / "out"):
        folder.merge(tmp_path / "out")


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
    with FileLock(tmp_path / "out/.lock"), pytest.raises(InUse, match="another process is working on"):
        results_of("out")
    assert not folder.in_use(tmp_path / "out")


def test_a_run_that_fails_does_not_stop_the_others_and_is_tried_again(results_of, study_file, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    change = ('name = "random"', f'name = "{tmp_path / "slow.py"}:Broken"\nlabel = "broken"')
    planned = plan(load_study(study_file(change)))
    for _ in range(2):
        failed = run_study(planned, tmp_path / "out")
        assert failed == {"broken": "toy, seed 0: RuntimeError: out of order"}
        assert sorted(load(tmp_path / "out").timings.label.unique()) == ["weaknas (ridge)"]


def test_a_process_that_is_killed_is_a_run_that_failed(results_of, study_file, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    change = ('name = "random"', f'name = "{tmp_path / "slow.py"}:Killed"\nlabel = "killed"')
    failed = run_study(plan(load_study(study_file(change, ("seeds = 3", "seeds = 6")))), tmp_path / "out", jobs=2)
    assert failed == {"killed": "toy, seed 1: its process was killed, for want of memory perhaps"}
    made = load(tmp_path / "out").timings.groupby("label").seed.apply(list).to_dict()
    assert made == {"killed": [0, 2, 3, 4, 5], "weaknas (ridge)": [0, 1, 2, 3, 4, 5]}


def test_a_full_disk_is_one_sentence_and_keeps_what_was_written(results_of, tmp_path, monkeypatch):
    whole = results_of("whole")
    write, files = pq.ParquetWriter.write_table, iter(range(100))
    fails = {2, 3 + 4, 8 + 1}  # a run, the rows of all, the times of all

    def full(*arguments, **options):
        if next(files) in fails:
            raise OSError(28, "No space left on device")
        return write(*arguments, **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    for runs in (2, 6, 6):
        with pytest.raises(WeaknasError, match=r"cannot write .*\.parquet: No space left on device\.$"):
            results_of("out")
        assert len(folder.read_runs(tmp_path / "out")) == runs
        assert not list((tmp_path / "out").rglob("*.part"))
    assert results_of("out") == whole


def test_what_stops_a_study_of_several_processes_is_the_one_thing_that_is_said(results_of, monkeypatch, capfd):
    def full(*arguments):
        raise WeaknasError("the disk is full.")

    monkeypatch.setattr(folder, "write_run", full)
    with pytest.raises(WeaknasError, match="the disk is full"):
        results_of("out", ("seeds = 3", "seeds = 20"), jobs=2)
    assert capfd.readouterr() == ("", "")


def test_a_merge_that_fails_does_not_stand_in_the_way_of_the_next(results_of, tmp_path, monkeypatch):
    whole = results_of("whole")

    def full(*arguments):
        raise WeaknasError("the disk is full.")

    write = folder.write_tables
    monkeypatch.setattr(folder, "write_tables", full)
    with pytest.raises(WeaknasError, match="the disk is full"):
        merge_folders([tmp_path / "whole"], tmp_path / "out")
    monkeypatch.setattr(folder, "write_tables", write)
    merge_folders([tmp_path / "whole"], tmp_path / "out")
    assert (tmp_path / "out" / folder.RESULTS).read_bytes() == whole


def test_folders_of_one_study_are_merged(results_of, tmp_path):
    whole = results_of("whole")
    results_of("first", ("seeds = 3", 'seeds = "0-1"'))
    results_of("second", ("seeds = 3", 'seeds = "1-2"'))
    merge_folders([tmp_path / "first", tmp_path / "second"], tmp_path / "both")
    assert (tmp_path / "both" / folder.RESULTS).read_bytes() == whole
    assert load(tmp_path / "both").manifest.strategies["random"].seeds == [[0, 2]]
    with pytest.raises(InvalidStudy, match="holds results already"):
        merge_folders([tmp_path / "first"], tmp_path / "both")
    results_of("third", ('"ridge"', '"ridge"\noptions = { pool = 30 }'))
    with pytest.raises(InvalidStudy, match=r"do not belong together: 'weaknas \(ridge\)' differs"):
        merge_folders([tmp_path / "first", tmp_path / "third"], tmp_path / "wrong")
    results_of("fourth", ('"small"', '"large"'))
    with pytest.raises(InvalidStudy, match="do not belong together: study is 'small' and 'large'"):
        merge_folders([tmp_path / "first", tmp_path / "fourth"], tmp_path / "wrong")


def test_folders_made_with_other_defaults_or_versions(results_of, tmp_path, monkeypatch):
    results_of("first", ("seeds = 3", 'seeds = "0-1"'))
    monkeypatch.setattr(weaknas, "__version__", "9.9.9")
    results_of("second", ("seeds = 3", 'seeds = "4-5"'))
    merge_folders([tmp_path / "first", tmp_path / "second"], tmp_path / "both")
    manifest = load(tmp_path / "both").manifest
    assert [made["weaknas"] for made in manifest.earlier_versions] == ["9.9.9"]
    assert manifest.strategies["random"].seeds == [[0, 1], [4, 5]]
    monkeypatch.setitem(weaknas.strategies.weak.WeakNAS.__init__.__kwdefaults__, "explore", 0.2)
    results_of("third", ("seeds = 3", 'seeds = "6-7"'))
    with pytest.raises(InvalidStudy, match=r"hold runs of weaknas \(ridge\) on toy with other defaults"):
        merge_folders([tmp_path / "first", tmp_path / "third"], tmp_path / "wrong")
    monkeypatch.setattr(weaknas_predictors.ridge.Ridge.__init__, "__defaults__", (2.0,))
    results_of("fourth", ("seeds = 3", 'seeds = "6-7"'))
    with pytest.raises(InvalidStudy, match=r"do not belong together: 'weaknas \(ridge\)' differs"):
        merge_folders([tmp_path / "third", tmp_path / "fourth"], tmp_path / "wrong")


def test_backends_that_are_not_installed_say_how_to_get_them(study_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    planned = plan(load_study(study_file()))
    for backend, package in (("dask", "dask[distributed]"), ("ray", "ray[default]")):
        with pytest.raises(InvalidStudy, match="needs a package; run: pip install") as error:
            run_study(planned, tmp_path / "out", 2, backend)
        assert package in str(error.value)


def test_a_folder_whose_name_has_an_ending_is_a_folder(results_of, tmp_path):
    results_of("v1.0")
    assert sorted(path.name for path in tmp_path.glob("*.lock")) == []
    with folder.locked(tmp_path / "v1.0"):
        assert folder.in_use(tmp_path / "v1.0")
        assert (tmp_path / "v1.0/.lock").exists()
