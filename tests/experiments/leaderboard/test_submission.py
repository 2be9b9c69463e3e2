"""What a stranger hands in stands on the board as it was, or is refused in a sentence."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.leaderboard.submission import submit
from weaknas_experiments.study import results
from weaknas_experiments.study.folder import RESULTS, TIMINGS
from weaknas_experiments.study.manifest import MANIFEST, Submitter


def test_an_entry_stands_on_the_board_as_it_was_handed_in(cli, studies, tmp_path):
    board = tmp_path / "new" / "board"
    code, out, err = cli("leaderboard", "submit", studies[0], "--board", board, "--who", "A. Author")
    assert (code, err) == (0, "")
    assert "weak, ridge on digits" in out
    assert "40 runs accepted" in out
    before, after = results.load(studies[0]), results.load(board / "first")
    pd.testing.assert_frame_equal(after.frame, before.frame)
    pd.testing.assert_frame_equal(after.timings, before.timings)
    assert after.manifest == before.manifest.model_copy(update={"submitted": Submitter(who="A. Author")})
    assert [path.name for path in board.iterdir()] == ["first"]


def test_a_table_without_the_columns_that_only_studies_have(handed, tmp_path, spoil):
    spoil(handed, lambda frame: frame.drop(columns=["fidelity", "spent_seconds", "top1_test"]).astype({"cost": float}))
    done = submit(handed / RESULTS, tmp_path / "board", "A. Author")
    read = results.load(done.directory)
    assert done.runs == len(read.timings) == 40
    assert (read.timings["queries"] == 60).all()
    assert read.timings["overhead_seconds"].isna().all()
    assert read.frame["top1_test"].isna().all()


@pytest.mark.slow
def test_results_from_elsewhere_as_the_documentation_describes_them(cli, tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "leaderboard.md").read_text()
    (manifest,) = re.findall(r"```json\n(.*?)```", page, flags=re.S)
    (tmp_path / MANIFEST).write_text(manifest)
    documented = [
        name for line in re.findall(r"^\| (`.*?) \|", page, flags=re.M) for name in re.findall("`(.*?)`", line)
    ]
    bench = weaknas.benchmark("digits")
    strategies = [weaknas.strategy("random", bench.space, seed=seed) for seed in range(10)]
    rows = pd.concat([weaknas.search(bench, strategy, 100).history for strategy in strategies])
    report = bench.report(bench.space.from_str(rows["arch"]))
    rows = rows.drop(columns="fidelity").assign(study="my-method", label="my method")
    rows["hit_valid"] = report.valid == report.optimum.valid
    rows["hit_test"] = report.test == report.optimum.test
    assert {*documented} - {*rows} == {"fidelity", "spent_seconds", "top1_test"}
    rows.to_parquet(tmp_path / RESULTS, index=False)
    arguments = ("--board", tmp_path / "board", "--who", "A. Author")
    code, out, err = cli("leaderboard", "submit", tmp_path / RESULTS, *arguments)
    assert (code, err) == (0, "")
    assert "10 runs accepted" in out
    assert cli("leaderboard", "build", tmp_path / "board", "--out", tmp_path / "page.html")[0] == 0
    for command in ("status", "report"):
        assert cli("study", command, tmp_path / "board" / "my-method")[0] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arch": None}, "in 1 places arch is empty"),
        ({"valid_acc": 101.0}, "valid_acc is not a percentage from 0 to 100"),
        ({"test_acc": -1.0}, "test_acc is not a percentage from 0 to 100"),
        ({"train_seconds": -1.0}, "train_seconds is negative"),
        ({"seed": -1}, "the seed is negative"),
        ({"query": 0}, "the query is not a number from 1"),
        ({"query": 3}, "the query stands there twice"),
        ({"cost": 50.0}, "the cost is not between 0 and the query's number"),
        ({"cost": 3.0}, "the cost does not grow"),
        (lambda f: f.assign(cost=f["cost"] / 10), "the cost is less than 1 a full training"),
        (lambda f: f.assign(spent_seconds=-f["spent_seconds"]), "spent_seconds is negative"),
        (lambda f: f.assign(spent_seconds=np.inf), "spent_seconds is infinite"),
        (lambda f: f.assign(spent_seconds=1.0), "spent_seconds is not the sum"),
        (lambda f: f.assign(spent_seconds=2 * f["spent_seconds"]), "spent_seconds is not the sum"),
        (lambda f: f.assign(train_seconds=None), "spent_seconds is not the sum"),
        ({"top1_test": 999.0}, "top1_test is not a percentage"),
        (lambda f: f.assign(label=f["label"] + "!"), "says nothing of the label 'local search!'"),
    ],
)  # fmt: skip
def test_results_that_cannot_be_right_are_refused(handed, refused, change, message, spoil):
    spoil(handed, change)
    assert message in refused()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format"),
        ({"study": "../mine"}, "study"),
        ({"study": None}, "study: field required"),
        ({"command": []}, "command"),
        ({"versions": None}, "versions: field required"),
        ({"strategies": {"random": {}}}, "strategies.random.budget: field required"),
        ({"stop": "never"}, "stop"),
        ({"checkpoints": "abc"}, "checkpoints"),
        ({"checkpoints": [0, 50]}, "checkpoints"),
        ({"benchmarks": {}}, "says nothing of the benchmark 'digits'"),
    ],
)
def test_manifests_that_are_refused(handed, refused, changes, message, say):
    say(handed, **changes)
    assert message in refused()


def test_timings_of_other_runs(handed, refused):
    timings = pd.read_parquet(handed / TIMINGS)
    timings.assign(queries=timings["queries"] + 1).to_parquet(handed / TIMINGS, index=False)
    assert "the timings list other runs than the results have" in refused()
    timings.assign(queries="many").to_parquet(handed / TIMINGS, index=False)
    assert "has columns of other types than a study's" in refused()


def test_files_that_are_no_results(handed, refused, cli, tmp_path):
    (handed / RESULTS).write_bytes(b"PAR1 but cut short")
    assert "is no table of results, or it is damaged" in refused()
    (handed / MANIFEST).write_text("{")
    (handed / RESULTS).unlink()
    assert "there is no table of results at" in refused()


def test_a_manifest_that_is_missing_or_broken(handed, refused):
    (handed / MANIFEST).write_text("{")
    assert "cannot be read" in refused()
    (handed / MANIFEST).unlink()
    assert "it has no manifest.json; see docs/leaderboard.md" in refused()


def test_an_entry_that_is_there_already(handed, refused, tmp_path):
    submit(handed, tmp_path / "board", "A. Author")
    (tmp_path / "board" / "first").rename(tmp_path / "board" / "other")
    assert "'local search' on digits is an entry of a. author already" in refused("--who", "a.  author")


def test_baselines_of_different_people_stand_beside_each_other(handed, cli, tmp_path, say):
    board = tmp_path / "board"
    for who, study in (("A. Author", "first"), ("B. Author", "first"), ("C. Author", "third")):
        say(handed, study=study)
        assert cli("leaderboard", "submit", handed, "--board", board, "--who", who)[0] == 0
    assert sorted(path.name for path in board.iterdir()) == ["first", "first-2", "third"]
    data = contents([board])
    assert len(data["benchmarks"]) == 1
    labels = {row["label"]: data["studies"][row["study"]]["who"] for row in data["benchmarks"][0]["rows"]}
    random = {label: who for label, who in labels.items() if label.startswith("random")}
    assert random == {
        "random": "A. Author",
        "random (first, B. Author)": "B. Author",
        "random (third)": "C. Author",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--who", " "), "--who is empty"),
        (("--who", "A", "--url", "example.org"), "is no web address"),
        (("--who", "A", "--min-seeds", 11), "10 seeds, 11 are needed"),
    ],
)
def test_options_that_are_refused(refused, options, message):
    assert message in refused(*options)


def test_a_board_that_cannot_be_written(cli, handed, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = cli("leaderboard", "submit", handed, "--board", tmp_path / "file", "--who", "A")
    assert code == 2
    assert "cannot write to" in err
