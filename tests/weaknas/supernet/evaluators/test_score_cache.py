"""Scores on disk: what was altered is not used."""

import math
import sqlite3
from contextlib import closing

import pytest

from weaknas.supernet.evaluators.score_cache import Score, ScoreCache

SCORE = Score(50.0, 80.0, 1.25, 0.5)


@pytest.fixture
def file(tmp_path):
    ScoreCache(tmp_path / "scores.sqlite").put("settings", "arch", SCORE)
    return tmp_path / "scores.sqlite"


def change(file, statement):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)


def test_a_score_comes_back(file):
    assert ScoreCache(file).get("settings", "arch") == SCORE
    assert ScoreCache(file).get("settings", "other") is None


def test_an_altered_score_is_not_used(file):
    for statement in ("SET top1 = 99", "SET top1 = 'x'", "SET loss = NULL", "SET arch = 'other'", "SET seal = NULL"):
        ScoreCache(file).put("settings", "arch", SCORE)
        change(file, f"UPDATE scores {statement}")
        assert ScoreCache(file).get("settings", "arch") is None
        assert ScoreCache(file).get("settings", "other") is None


def test_a_loss_that_is_no_number_comes_back_as_such(file):
    ScoreCache(file).put("settings", "arch", SCORE._replace(loss=math.nan))
    found = ScoreCache(file).get("settings", "arch")
    assert math.isnan(found.loss)
    assert found.top1 == 50.0


def test_a_file_of_an_older_version_goes_on(tmp_path):
    file = tmp_path / "scores.sqlite"
    change(file, "CREATE TABLE scores (settings, arch, top1, top5, loss, seconds, PRIMARY KEY (settings, arch))")
    change(file, "INSERT INTO scores VALUES ('settings', 'arch', 1, 2, 3, 4)")
    cache = ScoreCache(file)
    assert cache.get("settings", "arch") is None
    cache.put("settings", "arch", SCORE)
    assert ScoreCache(file).get("settings", "arch") == SCORE


def test_a_damaged_file_is_done_without(tmp_path):
    (tmp_path / "scores.sqlite").write_bytes(b"no database" * 100)
    cache = ScoreCache(tmp_path / "scores.sqlite")
    assert cache.get("settings", "arch") is None
    cache.put("settings", "arch", SCORE)
    assert cache.get("settings", "arch") == SCORE
