"""The statistics of one benchmark's entries."""

import numpy as np
import pytest

from weaknas_experiments.leaderboard.benchmark_statistics import BenchmarkStatistics, plain
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.study import results


@pytest.fixture(scope="module")
def data(board):
    return contents([board])


def entry(data, label: str, place: int = 0) -> dict:
    (found,) = [row for row in data["benchmarks"][place]["rows"] if row["label"] == label]
    return found


def test_numbers_are_those_of_the_results(data, studies):
    frame = results.load(studies[0]).frame
    runs = frame[frame["label"] == "weak, ridge"].groupby("seed")
    best = [run.loc[run["valid_acc"].idxmax()] for _, run in runs]
    row, bench = entry(data, "weak, ridge"), data["benchmarks"][0]
    assert bench["budgets"][bench["common"]] == 60
    assert row["honest"]["at"][bench["common"]][0] == pytest.approx(np.mean([run["test_acc"] for run in best]), 1e-5)
    assert row["best"]["at"][bench["common"]][0] == pytest.approx(np.mean([run["valid_acc"] for run in best]), 1e-5)
    assert row["hits"]["valid"]["rate"][0] == np.mean([run["hit_valid"].any() for _, run in runs])
    assert row["hours"] == pytest.approx(np.mean([run["train_seconds"].sum() / 3600 for _, run in runs]), 1e-5)
    assert (row["seeds"], row["budget"], row["predictor"]) == (10, 60, "ridge")
    for kind in ("honest", "paper", "best"):
        for value, low, high in row[kind]["at"]:
            assert low <= value <= high
        for axis, places in bench["grid"].items():
            assert [len(part) for part in row[kind][axis]] == [len(places)] * 3


def test_ranks_join_what_a_test_cannot_tell_apart(data):
    ranks = data["benchmarks"][0]["ranks"]["honest"]
    assert sorted(ranks["labels"]) == ["local search", "random", "regularized-evolution", "weak, ridge"]
    assert ranks["ranks"] == sorted(ranks["ranks"])
    assert sum(ranks["ranks"]) == pytest.approx(10, 1e-4)
    assert data["benchmarks"][1]["ranks"] == {"honest": None}, "two entries are too few"


def test_an_entry_of_few_seeds_is_named_and_not_ranked(studies):
    study = results.load(studies[0])
    frame = study.frame[(study.frame["label"] != "random") | (study.frame["seed"] == 0)]
    labels = study.manifest.strategies
    numbers = BenchmarkStatistics(frame, "digits", study.manifest.benchmarks["digits"], dict.fromkeys(labels, 60))
    found = numbers.ranks("honest", labels)
    assert (found["few"], found["seeds"]) == (["random"], 10)
    assert {*found["labels"]} == {*labels} - {"random"}


def test_an_entry_of_few_queries_does_not_cut_the_others_short(studies):
    study = results.load(studies[0])
    frame = study.frame[(study.frame["label"] != "random") | (study.frame["query"] <= 2)]
    budgets = {label: 2 if label == "random" else 60 for label in study.manifest.strategies}
    numbers = BenchmarkStatistics(frame, "digits", study.manifest.benchmarks["digits"], budgets)
    found = numbers.ranks("honest", budgets)
    assert (found["queries"], found["few"], len(found["labels"])) == (60, ["random"], 3)


def test_numbers_are_short():
    assert plain(1 / 3) == 0.333333
    assert repr(plain(12.0)) == "12"
    assert plain(float("inf")) is plain(float("nan")) is plain(None) is None
