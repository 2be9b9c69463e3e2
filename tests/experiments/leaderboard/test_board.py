"""What the page is made of: the right numbers, told apart and named."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.study import results
from weaknas_experiments.study.folder import RESULTS
from weaknas_experiments.study.manifest import MANIFEST
from weaknas_experiments.study.results_schema import SCHEMA


@pytest.fixture(scope="module")
def data(board):
    return contents([board])


@pytest.fixture
def again(studies, tmp_path):
    """A copy of the first study under another name, and a way to change its manifest."""
    folder = shutil.copytree(studies[0], tmp_path / "again")

    def change(**changes: object) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        for card in manifest["benchmarks"].values():
            card.update(changes)
        (folder / MANIFEST).write_text(json.dumps(manifest | {"study": "again"}))

    change()
    return folder, change


def write(folder, frame) -> None:
    pq.write_table(pa.Table.from_pandas(frame, SCHEMA, preserve_index=False), folder / RESULTS)


def entry(data, label: str, place: int = 0) -> dict:
    (found,) = [row for row in data["benchmarks"][place]["rows"] if row["label"] == label]
    return found


def test_who_and_how(data):
    first = data["studies"][0]
    assert first["who"] == "The authors of the tests"
    assert first["command"] == "weaknas study run study.toml"
    assert "digits.parquet" in entry(data, "random")["checksum"]


def test_what_the_median_run_found_is_drawn(data):
    rows = [row for bench in data["benchmarks"] for row in bench["rows"]]
    assert len({row["found"]["arch"] for row in rows}) == len(data["drawings"])
    for row in rows:
        assert f"<title>{row['found']['arch']}</title>" in data["drawings"][row["found"]["drawing"]]


def test_the_paper_protocol_is_there_only_where_a_study_states_it(data):
    assert [bench["protocols"] for bench in data["benchmarks"]] == [["honest", "paper"], ["honest"]]
    assert "paper" not in entry(data, "random", 1)


def test_a_label_of_two_studies_is_told_apart(studies, again):
    data = contents([studies[0], again[0]])
    assert len(data["benchmarks"]) == 1
    assert entry(data, "random")["study"] == 0
    assert entry(data, "random (again)")["study"] == 1
    assert entry(data, "random")["honest"] == entry(data, "random (again)")["honest"]


def test_three_copies_of_a_study_are_three_entries_each(studies, again):
    data = contents([studies[0], again[0], shutil.copytree(again[0], again[0].parent / "third")])
    assert len(data["benchmarks"]) == 1
    assert [entry(data, f"random{more}")["study"] for more in ("", " (again)", " (again, 2)")] == [0, 1, 2]


def test_a_benchmark_said_with_rounded_optima_and_no_options_is_the_same(studies, again):
    card = results.load(studies[0]).manifest.benchmarks["digits"]
    again[1](options=None, optimum={name: round(best, 2) for name, best in card.optimum})
    assert [bench["name"] for bench in contents([studies[0], again[0]])["benchmarks"]] == ["digits"]


def test_an_entry_has_the_checksum_of_its_own_study(studies, again):
    again[1](checksums={"digits.parquet": "deadbeef"})
    data = contents([studies[0], again[0]])
    assert entry(data, "random (again)")["checksum"] == "digits.parquet deadbeef"
    assert entry(data, "random")["checksum"] != entry(data, "random (again)")["checksum"]


def test_the_paper_ranks_are_of_the_studies_that_state_it(studies, again):
    folder, _ = again
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"protocols": ["honest"]}))
    ranks = contents([studies[0], folder])["benchmarks"][0]["ranks"]
    assert len(ranks["honest"]["labels"]) == 8
    assert sorted(ranks["paper"]["labels"]) == ["local search", "random", "regularized-evolution", "weak, ridge"]


def test_hours_of_a_run_whose_times_become_unknown_are_not_stated(again):
    frame = results.load(again[0]).frame
    frame.loc[frame["query"] > 30, ["spent_seconds", "train_seconds"]] = np.nan
    write(again[0], frame)
    assert entry(contents([again[0]]), "random")["hours"] is None


def test_a_benchmark_opened_otherwise_is_another_one(studies, again):
    again[1](options={"run": 0}, note="a single run is noisy")
    data = contents([studies[0], again[0]])
    assert [bench["name"] for bench in data["benchmarks"]] == ["digits", "digits (again)"]
    assert data["benchmarks"][1]["note"] == "Opened with run 0. A single run is noisy."
    assert data["benchmarks"][1]["rows"][0]["label"] == "random"


def test_what_is_not_known_is_null(again):
    again[1](optimum={"valid_acc": None, "test_acc": None})
    frame = results.load(again[0]).frame
    frame["spent_seconds"] = frame["train_seconds"] = np.nan
    frame["hit_valid"] = frame["hit_test"] = None
    frame["hit_valid"] = frame["hit_test"] = frame["hit_valid"].astype("boolean")
    write(again[0], frame)
    data = contents([again[0]])
    bench, row = data["benchmarks"][0], entry(data, "random")
    assert bench["optimum"] == {"valid": None, "test": None}
    assert list(bench["grid"]) == ["queries"]
    assert row["hours"] is None
    assert row["hits"]["valid"] == {"rate": None, "ert": None, "median": None, "ecdf": [[], []]}
    json.dumps(data, allow_nan=False)


def test_accuracies_are_stated_where_a_study_says(again):
    folder, _ = again
    manifest = json.loads((folder / MANIFEST).read_text())
    budgets = {}
    for checkpoints in ([3, 5], [10_000]):
        (folder / MANIFEST).write_text(json.dumps(manifest | {"checkpoints": checkpoints}))
        (found,) = contents([folder])["benchmarks"][:1]
        budgets[checkpoints[0]] = found["budgets"][: found["common"]]
    assert budgets[3] == [3, 5]
    assert budgets[10_000] != [3, 5]
