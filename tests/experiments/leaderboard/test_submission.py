"""What a stranger hands in stands on the board as it was, or is refused in a sentence."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import weaknas
import weaknas_benchmarks.digits
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.leaderboard.submission import submit
from weaknas_experiments.study import results
from weaknas_experiments.study.definition import BenchmarkEntry
from weaknas_experiments.study.folder import RESULTS, TIMINGS
from weaknas_experiments.study.instantiate import open_benchmark
from weaknas_experiments.study.manifest import MANIFEST, Submitter

STRATEGIES = ("random", "regularized-evolution", "local search", "weak, ridge")


def spoil(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame | None]) -> None:
    """Change the table of results; the timings would no longer go with it."""
    (folder / TIMINGS).unlink(missing_ok=True)
    frame = pd.read_parquet(folder / RESULTS)
    changed = change(frame)
    (frame if changed is None else changed).to_parquet(folder / RESULTS, index=False)


def put(column: str, row: int, value: object) -> Callable[[pd.DataFrame], None]:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[row, column] = value

    return change


def say(folder: Path, **changes: object) -> None:
    """Change the manifest; a value of None leaves a key out."""
    manifest = json.loads((folder / MANIFEST).read_text())
    kept = {key: value for key, value in {**manifest, **changes}.items() if value is not None}
    (folder / MANIFEST).write_text(json.dumps(kept))


@pytest.fixture
def refused(cli, handed, tmp_path) -> Callable[..., str]:
    """Hand in, expect a refusal that leaves nothing behind, and return its sentence."""

    def run(*options: object) -> str:
        before = {path.name: path.read_bytes() for path in handed.iterdir()}
        options = options or ("--who", "A. Author")
        code, out, err = cli("leaderboard", "submit", handed, "--board", tmp_path / "board", *options)
        assert code == 2
        assert out == ""
        assert err.count("\n") == 1
        assert not [path for path in tmp_path.glob("board/*") if path.name != "other"]
        assert {path.name: path.read_bytes() for path in handed.iterdir()} == before
        return err

    return run


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


def test_a_table_without_the_columns_that_only_studies_have(handed, tmp_path):
    spoil(handed, lambda frame: frame.drop(columns=["fidelity", "spent_seconds", "top1_test"]).astype({"cost": float}))
    done = submit(handed / RESULTS, tmp_path / "board", "A. Author")
    read = results.load(done.directory)
    assert done.runs == len(read.timings) == 40
    assert (read.timings["queries"] == 60).all()
    assert read.timings["overhead_seconds"].isna().all()
    assert read.frame["top1_test"].isna().all()


def test_shorter_trainings_and_drawn_runs(tmp_path, refused, handed, shorter):
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
    rows["hit_valid"] = report.valid_acc == report.optimum.valid_acc
    rows["hit_test"] = report.test_acc == report.optimum.test_acc
    assert {*documented} - {*rows} == {"fidelity", "spent_seconds", "top1_test"}
    rows.to_parquet(tmp_path / RESULTS, index=False)
    arguments = ("--board", tmp_path / "board", "--who", "A. Author")
    code, out, err = cli("leaderboard", "submit", tmp_path / RESULTS, *arguments)
    assert (code, err) == (0, "")
    assert "10 runs accepted" in out
    assert cli("leaderboard", "build", tmp_path / "board", "--out", tmp_path / "page.html")[0] == 0
    for command in ("status", "report"):
        assert cli("study", command, tmp_path / "board" / "my-method")[0] == 0


def name_it(folder: Path, name: str, **changes: object) -> None:
    """Have the results be on a benchmark of another name, labelled `mine`."""
    spoil(folder, lambda frame: frame.assign(benchmark="mine"))
    (card,) = json.loads((folder / MANIFEST).read_text())["benchmarks"].values()
    say(folder, benchmarks={"mine": card | {"name": name, **changes}})


def test_a_table_that_is_not_here_is_compared_only_if_the_keeper_says_so(cli, handed, refused, tmp_path):
    name_it(handed, "mine")
    assert "cannot be compared with its table: there is no benchmark named 'mine'" in refused()
    assert "accept them as they are with --not-compared 'mine'" in refused()
    assert "'other' is no benchmark of theirs; there are mine" in refused("--who", "A", "--not-compared", "other")
    arguments = ("--board", tmp_path / "board", "--who", "A. Author", "--not-compared", "mine")
    code, _, err = cli("leaderboard", "submit", handed, *arguments)
    assert (code, err) == (0, "weaknas: not compared with the table of mine, as you said\n")
    assert results.load(tmp_path / "board/first").manifest.benchmarks["mine"].not_compared
    assert entry_of(contents([tmp_path / "board"]), "random")["compared"] is False


def entry_of(data: dict, label: str) -> dict:
    (found,) = [row for row in data["benchmarks"][0]["rows"] if row["label"] == label]
    return found


def test_that_results_were_compared_is_not_for_the_manifest_to_say(handed, tmp_path):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    say(handed, benchmarks={"digits": card | {"not_compared": True}})
    submit(handed, tmp_path / "board", "A. Author")
    assert entry_of(contents([tmp_path / "board"]), "random")["compared"] is True


@pytest.mark.parametrize(
    "name", ["evil.py:bench", "evil.py:none", "evil.parquet", "a:evil.parquet", "supernet:evil", "digits-train"]
)
def test_nothing_that_a_manifest_names_is_run_or_opened(cli, handed, refused, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    evil = f"import pathlib\npathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
    (tmp_path / "evil.py").write_text(evil + "from weaknas_benchmarks.digits import digits as bench\n")
    shutil.copy(
        Path(weaknas_benchmarks.digits.__file__).parent / "tables/digits.parquet",
        tmp_path / name if name.endswith(".parquet") else "evil",
    )
    name_it(handed, name)
    assert "only a user may name it" in refused()
    arguments = ("--board", tmp_path / "board", "--who", "A. Author", "--not-compared", "mine")
    assert cli("leaderboard", "submit", handed, *arguments)[0] == 0, "which opens nothing"
    strategy = {"budget": 60, "name": "evil.py:bench", "predictor": "evil.py:bench"}
    say(there := tmp_path / "board/first", strategies=dict.fromkeys(STRATEGIES, strategy))
    for command in (["leaderboard", "build"], ["study", "status"], ["study", "merge", "--out", tmp_path / "merged"]):
        assert cli(*command, there)[0] == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("options", [{"run": "../evil.npz"}, {"run": ["a", {"b": "/etc/passwd"}]}])
def test_options_of_a_manifest_name_no_files(handed, refused, options):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    say(handed, benchmarks={"digits": card | {"options": options}})
    assert "in its options, which may name a file" in refused()


def test_an_option_that_is_a_file_is_not_opened_whatever_it_is_called(handed, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").write_text("no weights")
    name_it(handed, "ofa-surrogate/imagenet", options={"weights": "weights"})
    assert "'ofa-surrogate/imagenet with weights = weights' is named by data" in refused()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: f.drop(columns="arch"), "no column arch"),
        (lambda f: f.assign(seed="one"), "the column seed holds"),
        (lambda f: f.assign(query=f["query"] + 0.5), "the column query holds double, not int32"),
        (put("arch", 3, None), "in 1 places arch is empty"),
        (put("valid_acc", 3, 101.0), "valid_acc is not a percentage from 0 to 100"),
        (put("test_acc", 3, -1.0), "test_acc is not a percentage from 0 to 100"),
        (put("train_seconds", 3, -1.0), "train_seconds is negative"),
        (put("seed", 3, -1), "the seed is negative"),
        (put("options", 3, "{batch: 3}"), "no JSON"),
        (put("predictor", 3, "mlp"), "stands for several strategies"),
        (put("query", 3, 0), "the query is not a number from 1"),
        (put("query", 3, 3), "the query stands there twice"),
        (put("cost", 3, 50.0), "the cost is not between 0 and the query's number"),
        (put("cost", 3, 3.0), "the cost does not grow"),
        (lambda f: f.assign(cost=f["cost"] / 10), "the cost is less than 1 a full training"),
        (lambda f: f.assign(spent_seconds=-f["spent_seconds"]), "spent_seconds is negative"),
        (lambda f: f.assign(spent_seconds=np.inf), "spent_seconds is infinite"),
        (lambda f: f.assign(spent_seconds=1.0), "spent_seconds is not the sum"),
        (lambda f: f.assign(spent_seconds=2 * f["spent_seconds"]), "spent_seconds is not the sum"),
        (lambda f: f.assign(train_seconds=None), "spent_seconds is not the sum"),
        (lambda f: f.assign(train_seconds=2 * f["train_seconds"], spent_seconds=None), "train_seconds is another"),
        (put("top1_test", 3, 999.0), "top1_test is not a percentage"),
        (put("top1_test", 3, 99.0), "top1_test is more than there is"),
        (lambda f: f.assign(hit_valid=f["hit_valid"].where(f["seed"] > 0)), "hit_valid is empty, and elsewhere not"),
        (lambda f: f.assign(arch=f["arch"].iloc[0]), "paid for again"),
        (lambda f: f[f["seed"] < 9], "local search on digits has 9 seeds, 10 are needed"),
        (lambda f: f[~((f["seed"] == 4) & (f["query"] == 60))], "a run ends before its budget"),
        (lambda f: f.assign(label=f["label"] + "!"), "says nothing of the label 'local search!'"),
        (put("arch", 3, "|nor_conv_3x3~0|"), "digits does not have"),
        (put("test_acc", 3, 50.0), "test_acc is another, first for query 4 of local search"),
        (put("valid_acc", 3, 50.0), "valid_acc is another, first for query 4 of local search"),
        (lambda f: f.assign(hit_test=True), "hit_test says otherwise"),
    ],
)  # fmt: skip
def test_results_that_are_refused(handed, refused, change, message):
    spoil(handed, change)
    assert message in refused()


def test_runs_that_stop_at_the_optimum_may_be_short_if_they_found_it(handed, refused):
    spoil(handed, lambda frame: frame[frame["query"] <= 50])
    say(handed, stop="optimum")
    assert "a run ends before its budget" in refused()
    spoil(handed, lambda frame: frame.assign(hit_valid=True, hit_test=False))
    assert "a run ends before its budget" in refused()
    say(handed, stop="valid-optimum")
    assert "hit_valid says otherwise" in refused()
    say(handed, stop="optimum")
    spoil(handed, lambda frame: frame.assign(hit_test=True))
    assert "says otherwise" in refused()


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
def test_manifests_that_are_refused(handed, refused, changes, message):
    say(handed, **changes)
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
def test_a_benchmark_that_is_not_what_the_manifest_says(handed, refused, changes, message):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    say(handed, benchmarks={"digits": card | changes})
    assert message in refused()


def test_architectures_outside_of_the_constraint_that_the_manifest_states(handed, refused):
    (card,) = json.loads((handed / MANIFEST).read_text())["benchmarks"].values()
    card["constraint"] = "macs <= 3e4"
    opened = open_benchmark(BenchmarkEntry(name="digits", constraint=card["constraint"]), 0)
    say(handed, benchmarks={"digits": card | {"size": opened.space.size, "optimum": asdict(opened.optimum)}})
    assert "an architecture is outside of the constraint, first for query" in refused()


def test_timings_of_other_runs(handed, refused):
    timings = pd.read_parquet(handed / TIMINGS)
    timings.assign(queries=timings["queries"] + 1).to_parquet(handed / TIMINGS, index=False)
    assert "the timings list other runs than the results have" in refused()
    timings.assign(queries="many").to_parquet(handed / TIMINGS, index=False)
    assert "has columns of other types than a study's" in refused()


def test_a_budget_that_was_not_kept(handed, refused):
    say(handed, strategies={name: {"budget": 50} for name in STRATEGIES})
    assert "a run goes on after its budget" in refused()
    say(handed, strategies={name: {"budget": 70} for name in STRATEGIES})
    assert "a run ends before its budget" in refused()


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


def test_baselines_of_different_people_stand_beside_each_other(handed, cli, tmp_path):
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


def test_the_number_of_seeds_is_the_keepers_choice(cli, handed, tmp_path):
    spoil(handed, lambda frame: frame[frame["seed"] < 3])
    arguments = ("--board", tmp_path / "board", "--who", "A", "--min-seeds", 3)
    assert cli("leaderboard", "submit", handed, *arguments)[0] == 0


def test_a_board_that_cannot_be_written(cli, handed, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = cli("leaderboard", "submit", handed, "--board", tmp_path / "file", "--who", "A")
    assert code == 2
    assert "cannot write to" in err
