import json
import signal
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import weaknas
from weaknas.table_file import write_table

KEYS = [
    "benchmark",
    "strategy",
    "predictor",
    "seed",
    "budget",
    "best_arch",
    "valid_acc",
    "test_acc",
    "queries",
    "simulated_hours",
    "overhead_seconds",
    "constraint",
    "metric",
    "optimum",
]


def test_a_search_prints_what_it_found(cli, toy_file):
    code, out, err = cli("search", toy_file, "--budget", 30)
    assert code == 0
    assert "weaknas with rank-transform:gp on toy, seed 0" in out
    assert "found at query" in out
    assert "0.8 simulated hours" in out
    assert err == ""


def test_simulated_workers_say_how_long_they_took(cli, toy_file, tmp_path):
    search = ("search", toy_file, "--strategy", "random", "--budget", 16, "--workers", 8)
    code, out, _ = cli(*search, "--out", tmp_path / "r.parquet")
    assert code == 0
    assert "8 simulated workers were done after 0.1 hours" in out  # 16 trainings of 100 seconds
    assert weaknas.Result.load(tmp_path / "r.parquet").history["clock_seconds"].max() == 200
    code, _, err = cli(*search, "--storage", "journal:runs.log")
    assert code == 2
    assert "a storage has workers of its own" in err


def test_what_was_learned_before_is_a_prior_or_goes_on(cli, toy_file, tmp_path):
    saved, storage = tmp_path / "first.parquet", f"journal:{tmp_path / 'runs.log'}"
    search = ("search", toy_file, "--strategy", "regularized-evolution", "--json", "--budget")
    cli(*search, 20, "--out", saved)
    cli(*search, 5, "--storage", storage, "--seed", 1)
    code, out, _ = cli(*search, 8, "--prior", saved, "--prior", storage, "--out", tmp_path / "second.parquet")
    second = weaknas.Result.load(tmp_path / "second.parquet")
    assert code == 0
    assert second.history["arch"][0] == weaknas.Result.load(saved).best.arch
    assert second.options["prior"][0] == "regularized-evolution on toy, seed 0"
    assert second.options["prior"][1].startswith("toy/regularized-evolution/1 in journal:")
    code, out, _ = cli(*search, 30, "--resume-from", saved)
    assert (code, json.loads(out)["queries"]) == (0, 30)


def test_json_is_one_object_and_nothing_else(cli, toy_file):
    code, out, err = cli("search", toy_file, "--strategy", "random", "--budget", 25, "--seed", 7, "--json")
    summary = json.loads(out)
    assert code == 0
    assert list(summary) == KEYS
    assert (summary["strategy"], summary["predictor"], summary["seed"], summary["budget"]) == ("random", None, 7, 25)
    assert err == ""


def test_the_shell_and_python_find_the_same(cli, toy_file):
    _, out, _ = cli("search", toy_file, "--budget", 40, "--seed", 5, "--json", "--option", "explore=0.5")
    bench = weaknas.benchmark(str(toy_file))
    strategy = weaknas.strategy("weaknas", bench.space, seed=5, explore=0.5)
    result = weaknas.search(bench, strategy, 40)
    assert json.loads(out)["best_arch"] == result.best.arch
    assert json.loads(out)["valid_acc"] == result.best.valid


def test_options_go_to_the_part_they_name(cli, toy_file, tmp_path):
    saved = tmp_path / "run.parquet"
    options = ["benchmark.run=1", "predictor.hidden=[8]", "predictor.epochs=3", "pool=[50, 20]", "encoding=path"]
    arguments = [part for option in options for part in ("--option", option)]
    code, _, _ = cli("search", toy_file, "--predictor", "mlp", "--budget", 25, "--out", saved, *arguments)
    assert code == 0
    result = weaknas.Result.load(saved)
    assert result.predictor == "MLP(epochs=3, hidden=(8,))"
    assert result.options["pool"] == [50, 20]
    assert result.options["encoding"] == "path"
    run = weaknas.benchmark(str(toy_file), run=1)
    batch = run.space.from_str(result.history["arch"])
    assert run.evaluate(batch).scores.tolist() == result.history["valid_acc"].tolist()


def test_the_seed_draws_the_training_runs_too(cli, toy_file, tmp_path):
    for seed in (1, 2):
        saved = tmp_path / f"{seed}.parquet"
        arguments = ("--strategy", "random", "--budget", 9, "--seed", seed, "--option", "benchmark.run=random")
        cli("search", toy_file, *arguments, "--out", saved)
        history = weaknas.Result.load(saved).history
        bench = weaknas.benchmark(str(toy_file), run="random", seed=seed)
        assert bench.evaluate(bench.space.from_str(history["arch"])).scores.tolist() == history["valid_acc"].tolist()


def test_the_curve_is_drawn(cli, toy_file, tmp_path):
    code, _, _ = cli("search", toy_file, "--budget", 15, "--plot", tmp_path / "curve.png")
    assert code == 0
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_architecture_is_drawn(cli, toy_file, tmp_path):
    _, out, _ = cli("search", toy_file, "--budget", 15, "--draw", tmp_path / "best.svg")
    assert f"<title>{out.splitlines()[1]}</title>" in (tmp_path / "best.svg").read_text("utf-8")


def test_a_search_among_what_has_no_cells_draws_none(cli, tmp_path):
    columns = {"arch": np.array(["0;0", "0;1"]), "valid_acc": np.array([1.0, 2.0])}
    card = {"benchmark": "flat", "dataset": "flat", "space": {"a": ["0"], "b": ["0", "1"]}}
    table = write_table(tmp_path / "flat.parquet", columns, card)
    code, out, err = cli("search", table, "--budget", 2, "--strategy", "random", "--draw", tmp_path / "best.svg")
    assert (code, out) == (2, "")
    assert "has no cells to draw" in err


def test_a_search_on_test_says_so(cli, toy_file):
    _, out, _ = cli("search", toy_file, "--budget", 15, "--option", "benchmark.objective=test")
    assert "note: the search sees test accuracy" in out
    assert "validation not known" in out


BROKEN = """
import numpy as np
class Broken:
    def __init__(self, how="nan"): self.how = how
    def get_params(self, deep=True): return {"how": self.how}
    def set_params(self, **p): return self
    def fit(self, X, y): return self
    def predict(self, X): return np.full(len(X), np.nan) if self.how == "nan" else X
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nasbench102"], "no benchmark named 'nasbench102'; did you mean nasbench101"),
        (["TOY", "--strategy", "weak"], "no strategy named 'weak'; did you mean weaknas"),
        (["TOY", "--predictor", "forest"], "no predictor named 'forest'; did you mean random-forest"),
        (["none.parquet"], "there is no table none.parquet"),
        (["TOY", "--budget", "15626"], "a budget of 15,626 is more than the 15,625 architectures"),
        (["TOY", "--budget", "0"], "a budget is a whole number of evaluations from 1, not 0"),
        (["TOY", "--seed", "-1"], "a seed is a whole number from 0"),
        (["TOY", "--out", "missing/run.parquet"], "cannot write missing/run.parquet"),
        (["TOY", "--plot", "curve.doc"], "'doc' is no picture format"),
        (["TOY", "--draw", "best.png"], "a drawing of cells is a .svg file; name it best.svg"),
        (["TOY", "--option", "pool"], "--option 'pool' is not KEY=VALUE"),
        (["TOY", "--option", "search.pool=1"], "is not KEY=VALUE with one of KEY, benchmark.KEY, predictor.KEY"),
        (["TOY", "--option", "nope=1"], "'nope'; it takes predictor, initial"),
        (["TOY", "--option", "seed=3"], "the strategy's seed is given by --seed"),
        (["TOY", "--option", "space=3"], "multiple values for argument 'space'"),
        (["TOY", "--option", "name=3"], "'name'; it takes predictor, initial"),
        (["TOY", "--option", "benchmark.name=3"], "'name'; it takes run"),
        (["TOY", "--predictor", "mlp", "--option", "predictor.name=3"], "'name'; it takes hidden"),
        (["TOY", "--option", "predictor.hidden=[3]"], "options of a predictor need --predictor NAME"),
        (["TOY", "--strategy", "random", "--predictor", "mlp"], "'predictor'; it takes objectives, seed"),
        (["TOY", "--prior", "TOY"], "toy is the benchmark to be searched, and holds the answers"),
        (["TOY", "--prior", "sqlite:///none.db"], "there is no storage sqlite:///none.db, so nothing was learned"),
        (["TOY", "--strategy", "random", "--prior", "digits"], "random makes no use of what was learned before"),
        (["TOY", "--resume-from", "none.parquet"], "there is no saved search result at none.parquet"),
        (["TOY", "--resume-from", "r.parquet", "--workers", "2"], "--resume-from goes on alone"),
        (["TOY", "--predictor", "BROKEN"], "the predictor Broken returned NaN or infinity for 15625 of 15625"),
        (["TOY", "--predictor", "BROKEN", "--option", "predictor.how=shape"], "returned shape (15625, 30)"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(cli, toy_file, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text(BROKEN)
    names = {"TOY": toy_file, "BROKEN": f"{tmp_path / 'broken.py'}:Broken"}
    code, out, err = cli("search", *(names.get(a, a) for a in arguments))
    assert code == 2
    assert out == ""
    assert err.startswith("weaknas: ")
    assert err.count("\n") == 1
    assert message in err


@pytest.mark.parametrize("budget", ["ten", "1.5"])
def test_a_budget_that_is_no_number_is_refused(cli, toy_file, budget):
    code, out, err = cli("search", toy_file, "--budget", budget)
    assert code == 2
    assert out == ""
    assert "--budget" in err
    assert "Traceback" not in err


def test_a_predictor_as_strategy_default_by_file(cli, toy_file, tmp_path):
    (tmp_path / "mean.py").write_text(
        "from sklearn.dummy import DummyRegressor\nclass Mean(DummyRegressor):\n    pass\n"
    )
    code, out, _ = cli("search", toy_file, "--predictor", f"{tmp_path / 'mean.py'}:Mean", "--budget", 25, "--json")
    assert code == 0
    assert json.loads(out)["predictor"].endswith("mean.py:Mean")


def test_a_constraint_is_kept(cli):
    code, out, _ = cli(
        *("search", "digits", "--strategy", "random", "--constraint", "macs <= 30000", "--budget", 40, "--json")
    )
    assert code == 0
    bench = weaknas.benchmark("digits")
    best = bench.space.from_str([json.loads(out)["best_arch"]])
    assert bench.space.free_to_know("macs", best)[0] <= 30000
    assert cli("search", "digits", "--constraint", "macs")[0] == 2
    assert "none of the 15,625 architectures" in cli("search", "digits", "--constraint", "macs < 1")[2]


def test_a_strategy_of_fidelities_gets_those_of_the_benchmark(cli):
    search = ("search", "digits", "--strategy", "hyperband", "--json", "--budget")
    code, out, _ = cli(*search, 20)
    assert code == 0
    assert json.loads(out)["queries"] > 20
    assert "none of the 12 evaluations was at full fidelity" in cli(*search, 2)[2]
    low = ("search", "digits", "--strategy", "hyperband", "--option", "benchmark.fidelity=2")
    assert "two or more numbers of epochs" in cli(*low)[2]


SLOW = """
import time
import weaknas
from weaknas_benchmarks.wrappers import Wrapper

class Slow(Wrapper):
    def __init__(self, wait=0.05, last=1000):
        super().__init__(weaknas.benchmark("digits"))
        self.at_once = 1
        self.wait, self.last, self.done = wait, last, 0

    def evaluate(self, batch, fidelity=None):
        self.done += len(batch)
        if self.done > self.last:
            raise weaknas.WeaknasError("the power is off.")
        time.sleep(self.wait * len(batch))
        print(f"{self.done}", flush=True)
        return super().evaluate(batch, fidelity)
"""


@pytest.fixture
def slow(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    return f"{tmp_path / 'slow.py'}:Slow"


@pytest.mark.parametrize(
    ("name", "more"), [("SIGINT", ["--json"]), ("SIGTERM", []), ("SIGINT", ["--storage", "journal:runs.log"])]
)
def test_a_search_that_is_stopped_saves_draws_and_prints_what_it_found(slow, tmp_path, name, more):
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from weaknas.cli import main; main()"
    )
    arguments = ["search", slow, "--strategy", "random", "--out", "r.parquet", "--plot", "r.png", *more]
    running = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    for line in running.stdout:
        if int(line) >= 5:
            break
    running.send_signal(number := getattr(signal, name))
    out, err = running.communicate(timeout=60)
    found = weaknas.Result.load(tmp_path / "r.parquet")
    queries = len(found.history)
    assert running.returncode == 128 + number
    assert err == f"weaknas: stopped by {name} after {queries} evaluations; what was found by then is the result.\n"
    assert 1 <= queries < 200
    assert found.best.arch in out
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")


def test_an_error_in_a_search_saves_what_was_found(cli, slow, tmp_path):
    out = tmp_path / "r.parquet"
    options = ["--option", "benchmark.wait=0", "--option", "benchmark.last=25", "--out", out]
    code, _, err = cli("search", slow, "--strategy", "random", *options)
    assert code == 2
    assert err == f"weaknas: the power is off. What was found before is in {out}.\n"
    assert len(weaknas.Result.load(out).history) == 25


@pytest.mark.parametrize("storage", [[], ["--storage", "journal:runs.log"]])
def test_the_optimum_under_a_constraint_is_reported_saved_and_drawn(cli, tmp_path, monkeypatch, storage):
    monkeypatch.chdir(tmp_path)
    bench = weaknas.benchmark("digits")
    space = bench.space.where("macs <= 50e3 and params < 4000")
    best = bench.report(space.rows).valid.max()
    search = ["search", "digits", "--strategy", "random", "--constraint", "macs <= 50e3 and params < 4000"]
    search += ["--budget", "5", *storage]
    code, out, _ = cli(*search, "--out", "r.parquet", "--plot", "r.svg")
    assert code == 0
    assert f"best in the benchmark with macs <= 50e3 and params < 4000: validation {best:.3f} %" in out
    loaded = weaknas.Result.load("r.parquet")
    assert loaded.optimum.valid == best
    assert best in [line.get_ydata()[0] for line in loaded.plot().lines]
    summary = json.loads(cli(*search, "--json")[1])
    assert (summary["optimum"]["valid_acc"], summary["constraint"]) == (best, "macs <= 50e3 and params < 4000")


def test_a_space_that_is_exhausted_says_so(cli):
    search = ["search", "digits", "--strategy", "random", "--constraint", "macs <= 23200", "--budget", "2500"]
    assert "no more architectures with macs <= 23200: the budget of 2,500 was not spent" in cli(*search)[1]


def test_the_trade_off_is_drawn_and_saved(cli, tmp_path):
    files = ["--out", tmp_path / "r.parquet", "--plot", tmp_path / "r.svg"]
    search = ["search", "digits", "--strategy", "weaknas-pareto", "--predictor", "knn", "--budget", "40"]
    code, out, _ = cli(*search, "--json", *files)
    front = json.loads(out)["front"]
    loaded = weaknas.Result.load(tmp_path / "r.parquet")
    kept = loaded.history[loaded.history["front"]].sort_values("macs")
    assert code == 0
    assert [row["macs"] for row in front] == kept["macs"].tolist() == loaded.plot().lines[0].get_xdata().tolist()
    assert (tmp_path / "r.svg").read_text().startswith("<?xml")


def test_json_has_null_for_what_is_not_known(cli, toy_frame, tmp_path):
    toy_frame = toy_frame.drop(columns=["test_acc", "train_seconds"])
    card = {
        "format": 1,
        "rows": len(toy_frame),
        "benchmark": "t",
        "dataset": "t",
        "space": "nasbench201",
        "epochs": 200,
    }
    table = pa.Table.from_pandas(toy_frame, preserve_index=False)
    pq.write_table(table.replace_schema_metadata({"weaknas": json.dumps(card)}), tmp_path / "t.parquet")
    _, out, _ = cli("search", tmp_path / "t.parquet", "--strategy", "random", "--budget", 5, "--json")
    summary = json.loads(out, parse_constant=pytest.fail)
    assert (summary["test_acc"], summary["simulated_hours"], summary["optimum"]["test_acc"]) == (None, None, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "-1", "--option", "benchmark.run=random"], "a seed is a whole number from 0, below 2^63, not -1"),
        (["--seed", str(2**63)], "a seed is a whole number from 0, below 2^63"),
        (["--option", "benchmark.seed=1.5"], "a seed is a whole number from 0, below 2^63, not 1.5"),
        (["--out", "r.csv"], "cannot write r.csv: a result is a .parquet file; name it r.parquet"),
        (["--out", "/dev/full"], "cannot write /dev/full: a result is a .parquet file"),
        (["--out", "a" * 300 + ".parquet"], ": File name too long; choose another place"),
        (["--plot", "a" * 300 + ".png"], ": File name too long; choose another place"),
        (["--plot", "no/such/r.png"], "cannot write no/such/r.png: No such file or directory"),
        (["--plot", "/dev/full"], "'' is no picture format"),
        (["--out", "toy.parquet"], "--out toy.parquet would take the place of the benchmark"),
        (["--option", "=3"], "--option '=3' is not KEY=VALUE"),
        (["--option", "pool=3", "--option", "strategy.pool=4"], "gives pool a second value"),
        (["--option", "strategy.pool=abc"], "pool is a whole number from 1, not 'abc'"),
        (["--option", "pool=[1,"], "pool is a whole number from 1, not '[1,'"),
        (["--option", "pool=[1,2,3]"], "pool is a whole number, or two of them, (start, end)"),
        (["--option", "explore=abc"], "explore is a share from 0 to 1, not 'abc'"),
        (["--option", "explore=NaN"], "explore is a share from 0 to 1, not nan"),
        (["--option", "spread=[]"], "spread is a factor from 0, not ()"),
        (["--option", "encoding=3"], "encoding is the name of one, not 3"),
        (["--option", "jobs=0"], "jobs is a whole number from 1, not 0"),
        (["--option", "predictor=3"], "predictor is a name, a scikit-learn regressor or a list of such, not 3"),
        (["--option", "predictor=[]"], "predictor is a name, a scikit-learn regressor or a list of such, not ()"),
        (["--constraint", ""], "'' is no constraint"),
        (["--strategy", "hyperband", "--option", "fidelities=abc"], "fidelities are two or more numbers of epochs"),
        (
            ["--strategy", "nsga2", "--option", "costs=3"],
            "costs are names of what is to be small, such as macs, not 3",
        ),
        (["--strategy", "a\0b"], r"no strategy named 'a\x00b'"),
    ],
)
def test_another_mistake_is_one_sentence_and_exit_code_2(cli, toy_file, monkeypatch, arguments, message):
    monkeypatch.chdir(toy_file.parent)
    code, out, err = cli("search", "toy.parquet", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_one_objective_or_several_are_named(cli, toy_file):
    _, out, _ = cli("search", toy_file, "--strategy", "random", "--budget", 9, "--objective", "params", "--json")
    assert json.loads(out)["metric"] == {"name": "params", "unit": "", "direction": "minimize"}
    search = ["search", toy_file, "--objective", "valid_acc,params", "--budget", 30, "--json"]
    for name in ("nsga2", "random", "scalarized:regularized-evolution", "optuna:tpe"):
        code, out, _ = cli(*search, "--strategy", name)
        front = json.loads(out)["front"]
        assert code == 0
        assert [list(point) for point in front] == [["arch", "valid_acc", "params"]] * len(front)
        assert [point["params"] for point in front] == sorted(point["params"] for point in front)
    code, _, err = cli(*search, "--strategy", "weaknas")
    assert (code, "is told 1 of each architecture's scores" in err) == (2, True)
    code, _, err = cli(*search, "--strategy", "random", "--option", "benchmark.objective=test")
    assert (code, "say different things" in err) == (2, True)
