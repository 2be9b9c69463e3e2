"""Results in files: read again as they were, and what no search has written is refused."""

import contextlib
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import weaknas
from weaknas.errors import InvalidTable, NotFound, WeaknasError
from weaknas.metrics import ACCURACY, Metric


def test_a_damaged_or_foreign_file_is_refused(result, tmp_path):
    path = result.save(tmp_path / "run.parquet")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InvalidTable, match="altered or damaged since it was written"):
        weaknas.Result.load(path)
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(InvalidTable, match="no saved search result"):
        weaknas.Result.load(path)
    with pytest.raises(NotFound, match="no saved search result at"):
        weaknas.Result.load(tmp_path / "none.parquet")


def test_what_the_scores_are_is_kept(result, tmp_path):
    path = result.save(tmp_path / "run.parquet")
    assert weaknas.Result.load(path).metric == ACCURACY
    rewritten(path, OLD)
    assert weaknas.Result.load(path).metric == ACCURACY
    rewritten(path, {"indicator": "bn-last"})
    old = weaknas.Result.load(path)
    assert (old.metric, old.objective) == (Metric("bn-last", test="test_acc"), "bn-last")
    assert old.scores.tolist() == result.scores.tolist()


def test_any_metric_and_several_objectives_are_read_again(result, tmp_path):
    metric, other = Metric("perplexity", minimize=True), Metric("energy", "J", minimize=True, free=True)
    result.history = result.history.rename(columns={"valid_acc": metric.valid, "test_acc": metric.test})
    result.history = result.history.assign(energy=1.0, front=True)
    result.metric, result.objective, result.also = metric, metric.valid, (other,)
    loaded = weaknas.Result.load(result.save(tmp_path / "run.parquet"))
    assert (loaded.metric, loaded.also, loaded.objective) == (metric, (other,), "perplexity")
    assert loaded.best == result.best
    assert loaded.scores.tolist() == (-result.values).tolist()
    with pytest.raises(InvalidTable, match="power"):
        weaknas.Result.load(rewritten(tmp_path / "run.parquet", {"also": [{"name": "power"}]}))


OLD = {"format": 1, "metric": ..., "also": ...}  # what the cards of the first format did not say


def test_an_unwritable_path_is_refused(result, tmp_path):
    with pytest.raises(WeaknasError, match="cannot write"):
        result.save(tmp_path / "missing" / "run.parquet")


def rewritten(path, card=None, **columns):
    """Write a result's file again, without its seal: what a version without seals, or a forger, leaves."""
    table = pq.read_table(path)
    metadata = json.loads(table.schema.metadata[b"weaknas-result"]) | (card or {})
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    left = {name: value for name, value in metadata.items() if value is not ...}
    pq.write_table(table.replace_schema_metadata({b"weaknas-result": json.dumps(left)}), path)
    return path


def test_a_file_of_an_older_version_is_read(result, tmp_path):
    path = result.save(tmp_path / "run.parquet")
    rewritten(path, OLD | dict.fromkeys(("constraint", "setting", "costs", "percent"), ...))
    loaded = weaknas.Result.load(path)
    pd.testing.assert_frame_equal(loaded.history, result.history)
    assert (loaded.constraint, loaded.setting, loaded.costs) == (None, {}, ())


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"format": 3}, "written by a newer version"),
        ({"format": "1"}, "format: "),
        ({"seed": -1}, "seed: "),
        ({"budget": 10**400}, "no saved search result"),
        ({"optimum": [80.0]}, "optimum: "),
        ({"optimum": [80.0, "x"]}, r"optimum.1"),
        ({"optimum": [8e9, None]}, "no percentage"),
        ({"objective": "train_acc"}, "objective train_acc is no column"),
        ({"overhead_seconds": None}, "overhead_seconds: "),
        ({"nonsense": 1}, "nonsense: "),
        ({"benchmark": "other"}, "not the same benchmark everywhere"),
        ({"options": {}}, "not the same options everywhere"),
        ({"costs": ["macs"]}, "columns cannot be read"),
        ({"strategy": ...}, "strategy: "),
    ],
)
def test_a_card_that_no_search_has_written_is_refused(result, tmp_path, card, message):
    with pytest.raises(InvalidTable, match=message):
        weaknas.Result.load(rewritten(result.save(tmp_path / "run.parquet"), card))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"valid_acc": [8.9e10] * 30}, "an accuracy is no percentage"),
        ({"test_acc": [-500.0] * 30}, "an accuracy is no percentage"),
        ({"valid_acc": [np.inf] * 30}, "infinite"),
        ({"valid_acc": ["x"] * 30}, "columns cannot be read"),
        ({"query": list(range(30))}, "not numbered from 1"),
        ({"cost": [1.0] * 30}, "costs do not add up"),
        ({"train_seconds": [-1.0] * 30}, "less than no time"),
        ({"seed": [2] * 29 + [3]}, "columns cannot be read"),
        ({"arch": [None] * 30}, "arch is missing"),
    ],
)
def test_a_history_that_no_search_has_written_is_refused(result, tmp_path, columns, message):
    with pytest.raises(InvalidTable, match=message):
        weaknas.Result.load(rewritten(result.save(tmp_path / "run.parquet"), **columns))


def test_noisy_scores_and_those_that_are_no_percentages_are_read_again(result, tmp_path):
    for scores in (result.history["valid_acc"] + 20, result.history["valid_acc"] * -1e4):
        result.history["valid_acc"] = scores
        loaded = weaknas.Result.load(result.save(tmp_path / "run.parquet"))
        assert loaded.history["valid_acc"].tolist() == scores.tolist()


def test_no_altered_file_gives_another_result(result, tmp_path, damaged):
    path = result.save(tmp_path / "run.parquet")
    content, mutant = path.read_bytes(), tmp_path / "mutant.parquet"
    accepted = 0
    for altered in damaged(content):
        mutant.write_bytes(altered)
        with contextlib.suppress(InvalidTable):
            loaded = weaknas.Result.load(mutant)
            accepted += 1  # a hit on the seal's own mark makes a file without a seal
            pd.testing.assert_frame_equal(loaded.history, result.history)
            assert loaded.summary() == result.summary()
    assert accepted < 3


def test_an_altered_card_is_one_sentence(result, tmp_path, damaged, refused):
    path = result.save(tmp_path / "run.parquet")
    table = pq.read_table(path)
    card = table.schema.metadata[b"weaknas-result"]
    refusals = []
    for altered in damaged(card):
        pq.write_table(table.replace_schema_metadata({b"weaknas-result": altered}), path)
        refusals.append(refused(lambda: weaknas.Result.load(path)))
    assert sum(refusals) > len(refusals) / 2


@pytest.mark.parametrize("content", [b"", b"PAR1", b"{}", b"\0" * 99, "é".encode("latin-1")])
def test_what_is_no_result_is_refused(tmp_path, content):
    path = tmp_path / "run.parquet"
    path.write_bytes(content)
    with pytest.raises(InvalidTable, match="no saved search result"):
        weaknas.Result.load(path)


@pytest.mark.parametrize("name", ["r.csv", "r", "r.json", ".", "r.parquet.txt"])
def test_a_result_is_a_parquet_file(result, tmp_path, name):
    with pytest.raises(WeaknasError, match=r"a result is a \.parquet file; name it .*\.parquet"):
        result.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
