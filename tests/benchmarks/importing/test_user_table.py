import json
import os
import shlex
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas.errors import InvalidOption
from weaknas.measurements import Optimum
from weaknas.metrics import Metric
from weaknas_benchmarks import store
from weaknas_benchmarks.importing import user_file


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    rows = [(a, b, d) for a in ("conv", "skip", "pool") for b in ("conv", "skip") for d in (10, 2, 30)][:-2]
    frame = pd.DataFrame(rows, columns=["op_1", "op_2", "depth"])
    frame["acc"] = 50 + 20 * (frame["op_1"] == "conv") + frame["depth"] / 10 + rng.random(len(frame))
    frame["final"] = frame["acc"] - 1
    frame["flops"] = 1e9 * frame["depth"]
    frame["zc_naswot"] = np.arange(len(frame))
    return frame


@pytest.fixture
def run(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("WEAKNAS_DATA", str(tmp_path))
    monkeypatch.setattr(store, "user_data_path", lambda name: tmp_path / "user")
    monkeypatch.chdir(tmp_path)

    def run(frame, *arguments, source="mine.csv"):
        frame.to_csv(source, index=False) if source.endswith("csv") else frame.to_parquet(source)
        return cli("data", "import", source, "--as", "ours", *arguments)

    return run


USUAL = ("--choices", "op_*,depth", "--valid", "acc", "--test", "final", "--macs", "flops")


@pytest.mark.parametrize("source", ["mine.csv", "mine.parquet"])
def test_a_table_of_ones_own_is_a_benchmark_by_its_name(run, cli, frame, source):
    code, out, _ = run(frame, *USUAL, source=source)
    assert code == 0
    assert "16 architectures; search it with: weaknas search ours" in out
    bench = weaknas.benchmark("ours")
    assert [choice.name for choice in bench.space.base.choices] == ["op_1", "op_2", "depth"]
    assert bench.space.base.choices[2].options == ("2", "10", "30")
    batch = bench.space.from_str(
        [f"{a};{b};{d}" for a, b, d in frame[["op_1", "op_2", "depth"]].itertuples(index=False)]
    )
    np.testing.assert_allclose(bench.evaluate(batch).scores, frame["acc"])
    np.testing.assert_allclose(bench.report(batch).test, frame["final"])
    for name, column in (("macs", "flops"), ("zc_naswot", "zc_naswot")):
        np.testing.assert_allclose(bench.space.free_to_know(name, batch), frame[column])
    needy = {"asha", "freeze-thaw", "hyperband", "scalarized"}  # fidelities, or several objectives
    for strategy in {*weaknas.names("strategies")} - needy:
        assert cli("search", "ours", "--strategy", strategy, "--budget", 16)[0] == 0
    assert "ours" in cli("list", "benchmarks")[1].splitlines()
    assert cli("data", "check", "ours")[0] == 0


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda f: f, ("--choices", "op_*"), "say which of its columns are what"),
        (lambda f: f, ("--choices", "op_*,depth", "--valid", "accuracy"), "has no column accuracy; did you mean acc?"),
        (lambda f: f, ("--choices", "layer_*", "--valid", "acc"), "no column that is a choice by 'layer_*'"),
        (lambda f: f, ("--choices", "op_*", "--valid", "acc"), "rows 1 and 2 of mine.csv are the same architecture"),
        (lambda f: f.assign(acc=f["acc"] * 2), USUAL, "import what is no accuracy with --metric acc"),
        (lambda f: f.assign(acc=np.nan), USUAL, "has no acc in any of its 16 rows"),
        (lambda f: f.assign(acc="high"), USUAL, "acc of mine.csv does not hold numbers"),
        (lambda f: f.assign(op_1="a;b"), USUAL, "without ';'"),
        (lambda f: f[:0], USUAL, "has no rows"),
        (lambda f: f, ("--choices", "op_*,dept", "--valid", "acc"), "a choice by 'dept'; did you mean depth?"),
        (lambda f: f, ("--choices", "op_*,", "--valid", "acc"), "no column that is a choice by ''"),
        (lambda f: f, ("--choices", "op_*,acc", "--valid", "acc"), "acc of mine.csv cannot be a choice and a measure"),
        (lambda f: f.assign(depth=None), USUAL, "the choice depth of mine.csv is empty in all of its 16 rows"),
        (lambda f: f.assign(op_1=range(16)).loc[[0] * 300].assign(op_1=range(300)), USUAL, "not 300: 0, 1, 2"),
        (lambda f: f, (*USUAL, "--minimize"), "--minimize and --unit are of --metric"),
        (lambda f: f, (*USUAL, "--metric", "acc"), "either --valid for an accuracy or --metric"),
        (lambda f: f, (*USUAL, "--also", "flops"), "--also takes COLUMN:minimize or COLUMN:maximize"),
        (lambda f: f, (*USUAL, "--also", "energy:minimize"), "has no column energy"),
        (lambda f: f, ("--choices", "op_*,depth", "--metric", "arch"), "a metric cannot be called arch"),
        (
            lambda f: f.assign(flops=1e9 - f["acc"]),
            USUAL,
            "acc of mine.csv looks as if lower were better, it falls with f",
        ),
        (lambda f: f.assign(final=100 - f["acc"]), USUAL, "falls with acc (Spearman -1.00 over 16 rows)"),
        (lambda f: f.rename(columns={"acc": "valid_error"}), (*USUAL[:3], "valid_error"), "lower were better, by its"),
        (lambda f: f.rename(columns={"final": "loss"}), (*USUAL[:5], "test_loss"), "did you mean loss?"),
        (
            lambda f: f.rename(columns={"final": "loss"}),
            (*USUAL[:5], "loss"),
            "the column loss of mine.csv looks as if",
        ),
        (
            lambda f: f.rename(columns={"acc": "acc "}),
            ("--choices", "op_*,depth", "--valid", "Acc"),
            "did you mean acc",
        ),
    ],
)
def test_a_mistake_is_one_sentence(run, frame, tmp_path, change, arguments, message):
    code, out, err = run(change(frame), *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "ours.parquet").exists()


def test_spreads_and_settings_beside_an_accuracy_do_not_speak_against_it(run, frame):
    falling = (100 - frame["acc"]).rename(None)
    others = dict.fromkeys(("acc_std", "acc_stderr", "params_dropout", "time_to_acc", "1-acc"), falling)
    assert run(frame.assign(**others), *USUAL)[0] == 0


@pytest.mark.parametrize(
    "write",
    [
        lambda f: f.to_csv("other.CSV", index=False),
        lambda f: f.to_csv("other.CSV"),
        lambda f: f.to_csv("other.CSV", index=False, sep=";", encoding="utf-8-sig"),
        lambda f: f.to_csv("other.CSV", index=False, sep="\t"),
        lambda f: f.map(" {}".format).rename(columns=" {}".format).to_csv("other.CSV", index=False),
        lambda f: f.set_index(["op_1", "op_2"]).to_parquet("other.parquet"),
        lambda f: f.set_index("depth", drop=False).to_parquet("other.parquet"),
        lambda f: f.astype({"op_1": "category", "depth": "Int64"}).to_parquet("other.parquet"),
    ],
)
def test_a_table_as_other_programs_write_it_is_the_same(run, cli, frame, tmp_path, write):
    run(frame, *USUAL)
    expected = weaknas.benchmark("ours")
    write(frame)
    (file,) = tmp_path.glob("other.*")
    code, _, err = cli("data", "import", file.name, "--as", "theirs", *USUAL)
    assert (code, err) == (0, "")
    bench, rows = weaknas.benchmark("theirs"), expected.space.enumerate()
    texts = expected.space.to_str(rows)
    assert sorted(bench.space.to_str(bench.space.enumerate())) == sorted(texts)
    np.testing.assert_allclose(bench.evaluate(bench.space.from_str(texts)).scores, expected.evaluate(rows).scores)


@pytest.mark.parametrize(("end", "expected"), [(",", 0), (",7", 2)])
def test_rows_longer_than_the_header_are_refused_not_shifted(cli, run, tmp_path, end, expected):
    (tmp_path / "long.csv").write_text("op_1,op_2,acc\n" + "".join(f"{n},50,60{end}\n" for n in range(9)), "utf-8")
    code, _, err = cli("data", "import", "long.csv", "--choices", "op_*", "--valid", "acc")
    assert code == expected
    assert not expected or "long.csv cannot be read as csv: Length of header" in err
    assert expected or weaknas.benchmark("long").optimum.valid == 60


@pytest.mark.parametrize("cell", [[3, 5], {"k": 3}, (1,)])
def test_a_choice_of_lists_is_refused(run, frame, cell):
    code, _, err = run(frame.assign(depth=[cell] * len(frame)), *USUAL, source="mine.parquet")
    assert code == 2
    assert "the choice depth of mine.parquet has more than one value in a cell, row 1 the first" in err


def test_a_mistake_in_a_large_table_is_said_in_a_few_words(run):
    many = pd.DataFrame({"id": [f"trial-{n}" for n in range(15_625)], "acc": np.linspace(10, 90, 15_625)})
    wide = pd.DataFrame({f"column_{n}": [str(n)] for n in range(3000)})
    for frame, arguments in (
        (many, ("--choices", "id", "--valid", "acc")),
        (many, ("--choices", "acc", "--valid", "id")),
        (wide, ("--choices", "nothing", "--valid", "like it")),
    ):
        code, _, err = run(frame, *arguments)
        assert code == 2
        assert len(err) < 500


def test_names_are_taken_as_they_are_written_before_they_are_globs(run, frame):
    frame = frame.rename(columns={"op_1": "ks[0]", "op_2": "ks[1]", "depth": "a,b"})
    assert run(frame, "--choices", " ks[0] , ks[1],a?b", "--valid", "acc")[0] == 0
    assert [choice.name for choice in weaknas.benchmark("ours").space.choices] == ["ks[0]", "ks[1]", "a,b"]
    narrow = frame[["a,b", "acc"]].drop_duplicates("a,b")
    assert run(narrow, "--choices", "a,b", "--valid", "acc", "--force")[0] == 0
    assert [choice.name for choice in weaknas.benchmark("ours").space.choices] == ["a,b"]


def test_who_vouches_for_a_column_gets_it_and_the_card_says_so(run, frame, cli):
    frame = frame.rename(columns={"acc": "valid_error"})
    code, _, _ = run(frame, "--choices", "op_*,depth", "--valid", "valid_error", "--higher-is-better")
    assert code == 0
    assert weaknas.benchmark("ours").optimum.valid == frame["valid_error"].max()
    assert "direction: higher is better" in cli("data", "info", "ours")[1]


def test_the_hint_is_a_command_that_works(run, cli, frame, tmp_path, monkeypatch):
    frame.to_csv("my table.csv", index=False)
    monkeypatch.setenv("WEAKNAS_DATA", "")
    for extra in ((), ("--out", "a new/folder")):
        code, out, err = cli("data", "import", "my table.csv", *USUAL, *extra)
        assert code == 0, err
        path, hint = out.split(": ")[0], shlex.split(out.split("search it with: ")[1])
        assert (tmp_path / path).is_file()
        code, found, err = cli(*hint[1:], "--strategy", "random")
        assert code == 0, err
        assert "of 8," in found


@pytest.mark.slow
def test_of_three_who_import_one_name_one_succeeds(frame, tmp_path):
    frame.to_csv(tmp_path / "mine.csv", index=False)
    order = [sys.executable, "-c", "from weaknas.cli import main; main()", "data", "import", tmp_path / "mine.csv"]
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path)}
    three = [
        subprocess.Popen([*order, "--as", "ours", *USUAL], env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate()[1] for process in three]
    assert sorted(process.returncode for process in three) == [0, 2, 2]
    assert sum(text.count("choose another name") for text in said) == 2


def test_a_table_that_is_there_is_replaced_with_force_only(run, frame):
    assert run(frame, *USUAL)[0] == 0
    code, _, err = run(frame, *USUAL)
    assert code == 2
    assert "is there already; replace it with --force" in err
    assert run(frame[:5], *USUAL, "--force")[0] == 0
    assert weaknas.benchmark("ours").space.size == 5


def test_what_cannot_be_read_is_refused(cli, tmp_path):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 nothing")
    code, _, err = cli("data", "import", path, *USUAL)
    assert code == 2
    assert "cannot be read as parquet" in err
    assert cli("data", "import", tmp_path / "none.csv", *USUAL)[2].startswith("weaknas: there is no file")


def losses(frame):
    """A table of losses, with a failed run and what else a job measures."""
    loss = pd.Series(5 - frame["acc"] / 20).where(frame.index != 3)
    rest = {"held_out": loss + 0.1, "energy_j": frame["depth"] * 2.0, "frames": 90 - frame["depth"]}
    return frame[["op_1", "op_2", "depth"]].assign(loss=loss, **rest)


LOSSES = ("--choices", "op_*,depth", "--metric", "loss", "--minimize", "--unit", "nats", "--test", "held_out")
LOSSES = (*LOSSES, "--also", "energy_j:minimize:free,frames:maximize")


def test_any_metric_comes_in_and_is_searched_in_its_own_unit_and_direction(run, cli, frame):
    table = losses(frame)
    code, out, err = run(table, *LOSSES)
    assert (code, err) == (0, "")
    assert "note: 1 rows without loss, row 4 the first, are failed evaluations" in out
    bench = weaknas.benchmark("ours")
    assert bench.metric == Metric("loss", "nats", minimize=True)
    assert bench.optimum == Optimum(table["loss"].min(), table["held_out"].min())
    assert np.isnan(bench.evaluate(bench.space.enumerate()).scores).sum() == 1
    code, out, _ = cli("search", "ours", "--budget", 16, "--json")
    found = json.loads(out)
    assert (found["loss"], found["metric"]["direction"]) == (table["loss"].min(), "minimize")
    assert found["optimum"]["loss"] == table["loss"].min()
    code, out, _ = cli("search", "ours", "--budget", 16)
    assert f"  loss {table['loss'].min():.6g} nats, test" in out


def test_further_metrics_are_objectives_with_directions_of_their_own(run, frame):
    table = losses(frame)
    run(table, *LOSSES)
    bench = weaknas.benchmark("ours", objective="loss,energy_j,frames")
    texts = [";".join(map(str, row)) for row in table[["op_1", "op_2", "depth"]].itertuples(index=False)]
    scores = bench.evaluate(bench.space.from_str(texts)).scores
    np.testing.assert_array_equal(scores, table[["loss", "energy_j", "frames"]])
    assert [metric.minimize for metric in bench.objectives] == [True, True, False]
    assert [metric.free for metric in bench.objectives] == [False, True, False]
    assert bench.space.free_to_know("energy_j", bench.space.from_str(texts[:1])) == table["energy_j"][0]
    with pytest.raises(InvalidOption, match="does not know 'frames'"):
        bench.space.free_to_know("frames", bench.space.rows)


def test_shares_become_percent_and_it_is_said(run, frame):
    code, out, _ = run(frame.assign(acc=frame["acc"] / 100, final=frame["final"] / 100), *USUAL)
    assert code == 0
    assert "note: acc has shares from 0 to 1, which are now percent" in out
    assert weaknas.benchmark("ours").optimum.valid == pytest.approx(frame["acc"].max())


def test_rows_of_one_architecture_are_its_runs(run, frame):
    second = frame.assign(acc=frame["acc"] + 1, final=frame["final"] - 1)
    both = pd.concat([frame.assign(seed=0), second[:10].assign(seed=1)])
    code, out, _ = run(both, *USUAL)
    assert code == 0
    assert "26 rows are runs of 16 architectures" in out
    texts = [";".join(map(str, row)) for row in frame[["op_1", "op_2", "depth"]].itertuples(index=False)]
    for option, expected in (("mean", frame["acc"] + 0.5 * (frame.index < 10)), (0, frame["acc"])):
        bench = weaknas.benchmark("ours", run=option)
        np.testing.assert_allclose(bench.evaluate(bench.space.from_str(texts)).scores, expected)
    drawn = weaknas.benchmark("ours", run="random", seed=1)
    seen = drawn.evaluate(drawn.space.from_str(texts)).scores - frame["acc"]
    assert set(np.round(seen, 9)) == {0, 1}


def test_rows_that_something_else_tells_apart_are_runs_only_by_name(run, frame):
    both = pd.concat([frame.assign(optimizer="sgd"), frame.assign(optimizer="adam")])
    code, _, err = run(both, *USUAL)
    assert code == 2
    assert "rows 1 and 17 of mine.csv are the same architecture, and optimizer tells rows" in err
    assert run(both, *USUAL, "--runs", "optimizer")[0] == 0
    assert (
        "row 17 of mine.csv is a run that is there before"
        in run(both.assign(optimizer="sgd"), *USUAL, "--runs", "optimizer", "--force")[2]
    )


@pytest.mark.parametrize("source", ["mine.csv", "mine.parquet"])
def test_an_empty_cell_is_a_choice_that_is_absent_and_a_word_is_a_word(run, frame, source):
    frame = frame.assign(op_2=frame["op_2"].where(frame["op_1"] != "skip"))
    frame = frame.assign(depth=frame["depth"].where(frame["op_1"] != "pool"))
    frame = frame.drop_duplicates(["op_1", "op_2", "depth"])
    frame = frame.assign(op_1=frame["op_1"].replace("conv", "None"))
    code, out, _ = run(frame, *USUAL, source=source)
    assert code == 0
    assert "note: the empty cells of op_2, depth are the option absent" in out
    choices = {choice.name: choice.options for choice in weaknas.benchmark("ours").space.base.choices}
    expected = {"op_1": ("None", "pool", "skip"), "op_2": ("absent", "conv", "skip")}
    assert choices == expected | {"depth": ("absent", "2", "10", "30")}
    assert weaknas.benchmark("ours").space.size == len(frame)


def test_a_table_for_which_there_is_no_memory_is_refused_before_it_is_read(run, frame, monkeypatch):
    monkeypatch.setattr(user_file, "available", lambda: 3e8)
    code, _, err = run(frame, *USUAL)
    assert code == 2
    assert "needs about 0.3 GB of memory while it is read, and 0.3 GB are free" in err
