import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from weaknas.errors import InUse, InvalidTable
from weaknas.figures import save
from weaknas.files import SEAL, locked
from weaknas.parquet import read_parquet, write_parquet
from weaknas_predictors.ranking import grid, report
from weaknas_predictors.ranking.one_fit import RankingProtocol

HERE = RankingProtocol("digits", pool=2000)


def wanted(predictors=("random-forest",), sizes=(10, 20), seeds=range(2), encodings=("default",)):
    return grid.fits(HERE, predictors, encodings, sizes, seeds)


def timeless(frame):
    return frame.drop(columns=["fit_seconds", "predict_seconds"])


def test_a_stopped_ranking_goes_on_where_it_was(tmp_path):
    out, whole = tmp_path / "part.parquet", tmp_path / "whole.parquet"
    first, _ = grid.rank(HERE, wanted(sizes=(10,)), out)
    counts = []
    both, failed = grid.rank(HERE, wanted(), out, progress=counts.append)
    assert counts == [2, 3, 4]
    assert failed == {}
    at_once, _ = grid.rank(HERE, wanted(), whole, jobs=2)
    pd.testing.assert_frame_equal(timeless(both), timeless(at_once))
    pd.testing.assert_frame_equal(grid.load(out)[0], both)
    assert tuple(both.columns) == grid.COLUMNS
    pd.testing.assert_frame_equal(both[both.train_size == 10].reset_index(drop=True), first)


def test_results_of_another_protocol_are_kept_apart(tmp_path):
    out = tmp_path / "ranking.parquet"
    grid.rank(HERE, wanted(sizes=(10,), seeds=[0]), out)
    before = out.read_bytes()
    with pytest.raises(InvalidTable, match="with pool 2000, not None; name another file"):
        grid.rank(RankingProtocol("digits"), wanted(), out)
    assert out.read_bytes() == before
    out.write_text("no parquet")
    with pytest.raises(InvalidTable, match="is no ranking of predictors"):
        grid.rank(HERE, wanted(), out)


def test_a_broken_predictor_does_not_stop_the_others(tmp_path):
    (tmp_path / "broken.py").write_text("class Broken:\n    def fit(self, X, y):\n        raise RuntimeError('oh')\n"
                                        "    def predict(self, X):\n        return X\n"
                                        "    def get_params(self):\n        return {}\n")  # fmt: skip
    broken = f"{tmp_path / 'broken.py'}:Broken"
    frame, failed = grid.rank(HERE, wanted((broken, "random-forest"), (10,), [0]), tmp_path / "ranking.parquet")
    assert list(frame.predictor) == ["random-forest"]
    place = f"{tmp_path / 'broken.py'}, line 3"
    assert failed == {broken: f"the predictor Broken failed to fit 10 architectures: RuntimeError: oh ({place})."}


def test_two_rankings_of_one_file_lose_nothing(tmp_path):
    out = tmp_path / "ranking.parquet"
    with (
        locked(out, "wait", file=True),
        pytest.raises(InUse, match=r"another process is working on .*; wait for it, or name"),
    ):
        grid.rank(HERE, wanted(sizes=(10,), seeds=[0]), out)
    assert not out.exists()
    grid.rank(HERE, wanted(sizes=(10,), seeds=[0]), out)
    with locked(out, "wait", file=True):  # which holds nothing any more
        assert out.is_file()


@pytest.fixture(scope="module")
def ranking(tmp_path_factory):
    out = tmp_path_factory.mktemp("ranking") / "ranking.parquet"
    grid.rank(HERE, wanted(sizes=(10,)), out)
    return out


def test_a_flipped_bit_is_noticed(ranking, tmp_path):
    content = bytearray(ranking.read_bytes())
    for place in np.random.default_rng(0).integers(len(content), size=40).tolist():
        content[place] ^= 4
        (tmp_path / "flipped.parquet").write_bytes(content)
        with pytest.raises(InvalidTable):
            grid.load(tmp_path / "flipped.parquet")
        content[place] ^= 4


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("tau", 8.9, "tau has values that it cannot have"),
        ("fit_seconds", np.inf, "fit_seconds has values"),
        ("best_rank", 0, "best_rank has values"),
        ("seed", 0, "a measurement twice"),
        ("predictor", "new\nline", "predictor is not text"),
        ("spearman", "high", "spearman is not numbers"),
        (None, None, "its columns are"),
    ],
)
def test_what_cannot_have_been_measured_is_refused(ranking, tmp_path, column, value, message):
    table = read_parquet(ranking, "ranking", "")
    frame = table.to_pandas().assign(**{column: value}) if column else table.to_pandas().drop(columns="tau")
    other = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(table.schema.metadata)
    with pytest.raises(InvalidTable, match=f"no ranking of predictors: .*{message}"):
        grid.load(write_parquet(tmp_path / "r.parquet", other))


def test_names_in_a_ranking_run_nothing(ranking, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("open('ran', 'w')")
    table = read_parquet(ranking, "ranking", "")
    frame = table.to_pandas().assign(predictor="evil.py:$x^", encoding="evil.py:Bench")
    card = json.loads(table.schema.metadata[b"weaknas"]) | {"protocol": {"benchmark": "evil.py:bench"}}
    other = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata({"weaknas": json.dumps(card)})
    found, protocol = grid.load(write_parquet(tmp_path / "r.parquet", other))
    save(report.figure(found, protocol["benchmark"]), tmp_path / "r.png")
    with pytest.raises(InvalidTable, match=r"benchmark 'evil.py:bench', not 'digits'"):
        grid.rank(HERE, wanted(), tmp_path / "r.parquet")
    assert not (tmp_path / "ran").exists()


def test_rankings_of_the_documentation_are_sealed_and_say_their_protocol():
    files = sorted((Path(__file__).parents[3] / "docs/rankings").glob("*.parquet"))
    assert len(files) == 6
    for file in files:
        frame, protocol = grid.load(file)
        assert len(frame) > 50
        assert {"benchmark", "options", "pool", "low_fidelity"} <= protocol.keys()
        assert SEAL.partition(":")[0].encode() in file.read_bytes()


@pytest.mark.slow
def test_workers_end_with_the_ranking_that_started_them(tmp_path):
    """A killed parent must not leave processes at work on what its restart works on."""
    (tmp_path / "slow.py").write_text(
        "import os, pathlib, time\nfrom weaknas_predictors.ridge import Ridge\nclass Slow(Ridge):\n"
        f"    def fit(self, X, y):\n        pathlib.Path({str(tmp_path)!r}, f'{{os.getpid()}}.pid').touch()\n"
        "        time.sleep(600)\n"
    )
    command = "from weaknas.cli import main; main()"
    arguments = ["predictor", "rank", "digits", "--predictors", f"{tmp_path / 'slow.py'}:Slow", "--jobs", "2"]
    ranking = subprocess.Popen([sys.executable, "-c", command, *arguments, "--out", str(tmp_path / "r.parquet")])
    try:
        wait_for(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    finally:
        ranking.kill()
        ranking.wait()
    workers = [int(file.stem) for file in tmp_path.glob("*.pid")]
    wait_for(lambda: not any(map(alive, workers)))


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)
