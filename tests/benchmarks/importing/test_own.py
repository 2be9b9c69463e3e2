import numpy as np
import pandas as pd
import pytest

import weaknas
from weaknas_benchmarks import store


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
    assert list(bench.space.base.choices) == ["op_1", "op_2", "depth"]
    assert bench.space.base.choices["depth"] == ("2", "10", "30")
    batch = bench.space.from_str(
        [f"{a};{b};{d}" for a, b, d in frame[["op_1", "op_2", "depth"]].itertuples(index=False)]
    )
    np.testing.assert_allclose(bench.evaluate(batch).scores, frame["acc"])
    np.testing.assert_allclose(bench.report(batch).test_acc, frame["final"])
    np.testing.assert_allclose(bench.features(["macs", "zc_naswot"])(batch), frame[["flops", "zc_naswot"]])
    for strategy in {*weaknas.names("strategies")} - {"hyperband"}:  # which needs fidelities
        assert cli("search", "ours", "--strategy", strategy, "--budget", 16)[0] == 0
    assert "ours" in cli("list", "benchmarks")[1].splitlines()
    assert cli("data", "check", "ours")[0] == 0


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda f: f, ("--choices", "op_*"), "say with --choices and --valid"),
        (lambda f: f, ("--choices", "op_*,depth", "--valid", "accuracy"), "has no column accuracy; did you mean acc?"),
        (lambda f: f, ("--choices", "layer_*", "--valid", "acc"), "no column that is a choice by 'layer_*'"),
        (lambda f: f, ("--choices", "op_*", "--valid", "acc"), "is listed twice"),
        (lambda f: f.assign(acc=f["acc"] / 100), USUAL, "fractions, up to 0.7"),
        (lambda f: f.assign(acc=f["acc"] * 2), USUAL, "which is no percentage"),
        (lambda f: f.assign(acc=f["acc"].where(f.index != 3)), USUAL, "no acc in 1 of 16 rows, row 4 the first"),
        (lambda f: f.assign(acc="high"), USUAL, "acc of mine.csv does not hold numbers"),
        (lambda f: f.assign(op_1="a;b"), USUAL, "without ';'"),
        (lambda f: f[:0], USUAL, "has no rows"),
    ],
)
def test_a_mistake_is_one_sentence(run, frame, tmp_path, change, arguments, message):
    code, out, err = run(change(frame), *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "ours.parquet").exists()


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
