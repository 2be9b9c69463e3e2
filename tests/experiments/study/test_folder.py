"""A study's folder: locked, written atomically, damage noticed."""

import json
import random

import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from weaknas.errors import InUse, InvalidTable, WeaknasError
from weaknas.parquet import read_parquet, write_parquet
from weaknas_experiments.study import folder, parallel_runs
from weaknas_experiments.study.folder import RESULTS, TIMINGS
from weaknas_experiments.study.one_run import FinishedRun
from weaknas_experiments.study.results import load


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


def test_lost_results_are_missed(results_of, tmp_path):
    results_of("out")
    (tmp_path / "out" / folder.RESULTS).unlink()
    with pytest.raises(WeaknasError, match=r"has lost its results.parquet; restore it, or delete timings.parquet"):
        results_of("out")
    (tmp_path / "out" / folder.RESULTS).write_bytes(b"PAR1")
    with pytest.raises(WeaknasError, match="is damaged"), folder.locked(tmp_path / "out"):
        folder.merge(tmp_path / "out")


def test_a_folder_in_use_is_refused_and_a_dead_lock_is_not(results_of, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.lock").touch()  # left by a process that died
    results_of("out")
    with FileLock(tmp_path / "out/.lock"), pytest.raises(InUse, match="another process is working on"):
        results_of("out")
    assert not folder.in_use(tmp_path / "out")


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


def test_a_folder_whose_name_has_an_ending_is_a_folder(results_of, tmp_path):
    results_of("v1.0")
    assert sorted(path.name for path in tmp_path.glob("*.lock")) == []
    with folder.locked(tmp_path / "v1.0"):
        assert folder.in_use(tmp_path / "v1.0")
        assert (tmp_path / "v1.0/.lock").exists()


@pytest.fixture
def out(results_of, tmp_path):
    """The folder of a finished study."""
    results_of("out")
    return tmp_path / "out"


@pytest.mark.parametrize("file", [RESULTS, TIMINGS, "runs"])
def test_a_bit_that_flipped_is_noticed(out, tmp_path, file):
    path = out / file
    if file == "runs":
        table = read_parquet(out / RESULTS, "", "").slice(0, 40).replace_schema_metadata({b"weaknas-run": b"{}"})
        (out / "runs").mkdir()
        path = write_parquet(out / "runs/run.parquet", table)
    content, rng = path.read_bytes(), random.Random(0)
    for place in [0, len(content) - 1, *(rng.randrange(len(content)) for _ in range(40))]:
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << rng.randrange(8)
        path.write_bytes(spoilt)
        with pytest.raises(InvalidTable, match=r"altered or damaged|is no .*or it is damaged|is no run"):
            load(out)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InvalidTable):
        load(out)


def test_a_folder_of_an_older_version_without_seals_is_read_and_goes_on(out, results_of, tmp_path):
    whole = results_of("whole", ("seeds = 3", "seeds = 4"))
    for file in (RESULTS, TIMINGS):
        pq.write_table(read_parquet(out / file, "", ""), out / file, compression="zstd")
    assert len(load(out).frame) == 240
    assert results_of("out", ("seeds = 3", "seeds = 4")) == whole


def test_a_run_is_the_one_that_its_file_is_named_after(out, tmp_path):
    """Files are deleted when they are merged: which ones is not for their contents to say."""
    precious = tmp_path / "precious.parquet"
    precious.touch()
    rows, timings = folder.read_merged(out)
    timing = timings.to_pylist()[0] | {"digest": "../../precious"}
    (out / "runs").mkdir()
    run = FinishedRun(rows.slice(0, 40), timing)
    folder.write_run(out, FinishedRun(run.rows, timing | {"digest": "mine"}))
    path = out / "runs/mine.parquet"
    table = pq.read_table(path).replace_schema_metadata({b"weaknas-run": json.dumps(timing).encode()})
    write_parquet(path, table)
    with pytest.raises(WeaknasError, match="is not the run that its name says"), folder.locked(out):
        folder.merge(out)
    assert precious.exists()
