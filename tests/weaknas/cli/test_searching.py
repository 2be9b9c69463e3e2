import json

import pytest

import weaknas

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
    "optimum",
]


def test_a_search_prints_what_it_found(cli, toy_file):
    code, out, err = cli("search", toy_file, "--budget", 30)
    assert code == 0
    assert "weaknas with rank-transform:gp on toy, seed 0" in out
    assert "found at query" in out
    assert "0.8 simulated hours" in out
    assert err == ""


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
    assert json.loads(out)["valid_acc"] == result.best.valid_acc


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
        (["TOY", "--option", "pool"], "--option 'pool' is not KEY=VALUE"),
        (["TOY", "--option", "search.pool=1"], "is not KEY=VALUE with one of KEY, benchmark.KEY, predictor.KEY"),
        (["TOY", "--option", "nope=1"], "'nope'; it takes predictor, initial"),
        (["TOY", "--option", "seed=3"], "the strategy's seed is given by --seed"),
        (["TOY", "--option", "space=3"], "multiple values for argument 'space'"),
        (["TOY", "--option", "name=3"], "'name'; it takes predictor, initial"),
        (["TOY", "--option", "benchmark.name=3"], "'name'; it takes run"),
        (["TOY", "--predictor", "mlp", "--option", "predictor.name=3"], "'name'; it takes hidden"),
        (["TOY", "--option", "predictor.hidden=[3]"], "options of a predictor need --predictor NAME"),
        (["TOY", "--strategy", "random", "--predictor", "mlp"], "'predictor'; it takes seed"),
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
    (macs,) = bench.features(["macs"])(bench.space.from_str([json.loads(out)["best_arch"]]))[0]
    assert macs <= 30000
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
