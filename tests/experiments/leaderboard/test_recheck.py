"""Submitted results agree with the tables that they name, and name nothing that runs or opens a file."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import weaknas_benchmarks.digits
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.leaderboard.submission import submit
from weaknas_experiments.study import results
from weaknas_experiments.study.definition import BenchmarkEntry
from weaknas_experiments.study.instantiate import open_benchmark
from weaknas_experiments.study.manifest import MANIFEST

STRATEGIES = ("random", "regularized-evolution", "local search", "weak, ridge")


def test_shorter_trainings_and_drawn_runs(tmp_path, refused, handed, shorter, spoil, say):
    frame = results.load(shorter).frame
    assert frame["fidelity"].notna().any()
    done = submit(shorter, tmp_path / "other", "A. Author")
    pd.testing.assert_frame_equal(results.load(done.directory).frame, frame)
    shutil.rmtree(handed)
    shutil.copytree(shorter, handed)
    spoil(handed, lambda f: f.assign(cost=f["cost"] / (1 + (f["strategy"] == "hyperband"))))
    say(handed, strategies={"hyperband": {"budget": 10}, "weaknas (ridge)": {"budget": 20}})
    assert "the cost is not the sum of what was trained" in refused()
    shutil.rmtree(handed)
    shutil.copytree(shorter, handed)
    spoil(handed, lambda f: f.assign(seed=9 - f["seed"]))
    assert "valid_acc is another" in refused()


def compared(board: Path, label: str) -> bool:
    """Whether the page says that an entry was compared with the table."""
    (found,) = [row for row in contents([board])["benchmarks"][0]["rows"] if row["label"] == label]
    return found["compared"]


def test_a_table_that_is_not_here_is_compared_only_if_the_keeper_says_so(
    cli, handed, refused, tmp_path, rename_benchmark
):
    rename_benchmark(handed, "mine")
    assert "cannot be compared with its table: there is no benchmark named 'mine'" in refused()
    assert "accept them as they are with --not-compared 'mine'" in refused()
    assert "'other' is no benchmark of theirs; there are mine" in refused("--who", "A", "--not-compared", "other")
    arguments = ("--board", tmp_path / "board", "--who", "A. Author", "--not-compared", "mine")
    code, _, err = cli("leaderboard", "submit", handed, *arguments)
    assert (code, err) == (0, "weaknas: not compared with the table of mine, as you said\n")
    assert results.load(tmp_path / "board/first").manifest.benchmarks["mine"].not_compared
    assert compared(tmp_path / "board", "random") is False


def test_that_results_were_compared_is_not_for_the_manifest_to_say(handed, tmp_path, say):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    say(handed, benchmarks={"digits": card | {"not_compared": True}})
    submit(handed, tmp_path / "board", "A. Author")
    assert compared(tmp_path / "board", "random") is True


@pytest.mark.parametrize(
    "name", ["evil.py:bench", "evil.py:none", "evil.parquet", "a:evil.parquet", "supernet:evil", "digits-train"]
)
def test_nothing_that_a_manifest_names_is_run_or_opened(
    cli, handed, refused, tmp_path, monkeypatch, name, say, rename_benchmark
):
    monkeypatch.chdir(tmp_path)
    evil = f"import pathlib\npathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
    (tmp_path / "evil.py").write_text(evil + "from weaknas_benchmarks.digits import digits as bench\n")
    shutil.copy(
        Path(weaknas_benchmarks.digits.__file__).parent / "tables/digits.parquet",
        tmp_path / name if name.endswith(".parquet") else "evil",
    )
    rename_benchmark(handed, name)
    assert "only a user may name it" in refused()
    arguments = ("--board", tmp_path / "board", "--who", "A. Author", "--not-compared", "mine")
    assert cli("leaderboard", "submit", handed, *arguments)[0] == 0, "which opens nothing"
    strategy = {"budget": 60, "name": "evil.py:bench", "predictor": "evil.py:bench"}
    say(there := tmp_path / "board/first", strategies=dict.fromkeys(STRATEGIES, strategy))
    for command in (["leaderboard", "build"], ["study", "status"], ["study", "merge", "--out", tmp_path / "merged"]):
        assert cli(*command, there)[0] == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("options", [{"run": "../evil.npz"}, {"run": ["a", {"b": "/etc/passwd"}]}])
def test_options_of_a_manifest_name_no_files(handed, refused, options, say):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    say(handed, benchmarks={"digits": card | {"options": options}})
    assert "in its options, which may name a file" in refused()


def test_an_option_that_is_a_file_is_not_opened_whatever_it_is_called(
    handed, refused, tmp_path, monkeypatch, rename_benchmark
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").write_text("no weights")
    rename_benchmark(handed, "ofa-surrogate/imagenet", options={"weights": "weights"})
    assert "'ofa-surrogate/imagenet with weights = weights' is named by data" in refused()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(train_seconds=2 * f["train_seconds"], spent_seconds=None), "train_seconds is another"),
        ({"top1_test": 99.0}, "top1_test is more than there is"),
        ({"arch": "|nor_conv_3x3~0|"}, "digits does not have"),
        ({"test_acc": 50.0}, "test_acc is another, first for query 4 of local search"),
        ({"valid_acc": 50.0}, "valid_acc is another, first for query 4 of local search"),
        (lambda f: f.assign(hit_test=True), "hit_test says otherwise"),
    ],
)  # fmt: skip
def test_results_that_differ_from_the_table_are_refused(handed, refused, change, message, spoil):
    spoil(handed, change)
    assert message in refused()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checksums": {"digits.parquet": "0" * 64}}, "made with another digits.parquet"),
        ({"checksums": {"other.parquet": "0" * 64}}, "made with the file 'other.parquet', which digits has not here"),
        ({"dataset": "imagenet"}, "the dataset of digits is 'imagenet', and it is 'digits'"),
        ({"optimum": {"valid_acc": 99.0, "test_acc": None}}, "the manifest's optimum of digits has valid_acc 99.0"),
        ({"objective": "test_acc"}, "saw test_acc"),
        ({"options": {"run": 1}}, "valid_acc is another"),
        ({"options": 3}, "options"),
        ({"note": 5}, "note"),
        ({"size": 16_000}, "has size 16000, and it is 15625"),
    ],
)  # fmt: skip
def test_a_benchmark_that_is_not_what_the_manifest_says(handed, refused, changes, message, say):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    say(handed, benchmarks={"digits": card | changes})
    assert message in refused()


def test_architectures_outside_of_the_constraint_that_the_manifest_states(handed, refused, say):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    card["constraint"] = "macs <= 3e4"
    opened = open_benchmark(BenchmarkEntry(name="digits", constraint=card["constraint"]), 0)
    say(
        handed,
        benchmarks={
            "digits": card
            | {
                "size": opened.space.size,
                "optimum": {"valid_acc": opened.optimum.valid, "test_acc": opened.optimum.test},
            }
        },
    )
    assert "an architecture is outside of the constraint, first for query" in refused()
