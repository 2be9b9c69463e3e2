import importlib
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import pandas as pd
import pytest

EXAMPLE = Path(__file__).parents[2] / "docs/examples/knn.py"
KNN = f"{EXAMPLE}:KNN"


def test_the_check_says_what_holds(cli):
    code, out, _ = cli("predictor", "check", KNN, "--option", "k=3")
    assert code == 0
    assert "ok     Fitting again gives what a fresh predictor gives" in out
    assert "keeps the contract" in out
    assert "tried on digits in the encoding path, which it lists" in out


def test_the_check_says_what_is_broken(cli, tmp_path):
    broken = EXAMPLE.read_text().replace("return self\n", "return None\n", 1)
    (tmp_path / "broken.py").write_text(broken)
    code, out, _ = cli("predictor", "check", f"{tmp_path / 'broken.py'}:KNN")
    assert code == 1
    assert "FAILED `fit` returns the predictor" in out
    assert "fit must return the predictor itself (self)." in out
    assert "breaks the contract in 2 points" in out
    assert cli("predictor", "check", "nope")[0] == 2
    assert "takes k" in cli("predictor", "check", KNN, "--option", "j=3")[2]


def test_the_check_tells_the_features_of_one_that_lists_none_and_the_traceback_of_its_error(cli, tmp_path):
    (tmp_path / "failing.py").write_text(
        "from sklearn.linear_model import Ridge\nclass Failing(Ridge):\n"
        "    def predict(self, X):\n        return self.helper(X)\n    def helper(self, X):\n        return X['k']\n"
    )
    code, out, _ = cli("predictor", "check", f"{tmp_path / 'failing.py'}:Failing")
    assert code == 1
    assert "in the encoding onehot, the space's default, as it lists none" in out
    assert "compares it with them on the same ones" in out
    assert "failed to predict 200 architectures: IndexError: only integers, slices (`:`), ellipsis" in out
    assert f"({tmp_path / 'failing.py'}, line 6)" in out
    assert "line 4, in predict\n    return self.helper(X)" in out


class NotInstalled(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name in ("torch", "xgboost"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.fixture
def no_extras(monkeypatch):
    """Predictors are imported anew, where torch and xgboost are not installed; then all is as it was."""
    before = {name: module for name, module in sys.modules.items() if name.startswith("weaknas_predictors.")}
    for module in [*before, "torch", "xgboost"]:
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "meta_path", [NotInstalled(), *sys.meta_path])
    yield
    for module in [name for name in sys.modules if name.startswith("weaknas_predictors.")]:
        del sys.modules[module]


def test_ranking_all_passes_over_what_cannot_be_made(cli, tmp_path, monkeypatch, no_extras):
    commands = importlib.import_module("weaknas_predictors.commands")
    monkeypatch.setattr(commands.grid, "rank", lambda *arguments: (pd.DataFrame(), {}))
    wanted = []
    monkeypatch.setattr(commands.grid, "fits", lambda protocol, names, *rest: wanted.extend(names) or [])
    code, _, error = cli("predictor", "rank", "digits", "--out", tmp_path / "r.parquet")
    assert code == 0
    assert {"knn", "gp", "mlp", "rank-transform"} <= {*wanted}
    assert not {"dagnn", "seminas", "network", "xgboost", "multi-fidelity"} & {*wanted}
    assert "skipped dagnn: the predictor 'dagnn' cannot be imported: " in error
    assert "run: pip install 'weaknas[torch]'" in error
    assert "skipped xgboost: xgboost is not installed; run: pip install 'weaknas[xgboost]'" in error
    code, _, error = cli("predictor", "rank", "digits", "--out", tmp_path / "r.parquet", "--predictors", "gin*")
    assert (code, "no predictor of 'gin*' can be used here" in error) == (2, True)


def test_ranking_prints_a_table_and_draws_it(cli, tmp_path):
    out, figure = tmp_path / "r.parquet", tmp_path / "r.png"
    arguments = ("predictor", "rank", "digits", "--predictors", "ridge, k*", "--train-sizes", "20,40", "--seeds", 2)
    code, text, _ = cli(*arguments, "--pool", 1000, "--out", out, "--figure", figure)
    assert code == 0
    assert "Features differ" not in text
    assert [line.split()[1] for line in text.splitlines()[1:]].count("knn") == 2
    assert figure.stat().st_size > 10_000
    for wrong, message in (
        (("--train-sizes", "x"), "a whole number from 1, not 'x'"),
        (("--predictors", "nope*"), "no predictor is named 'nope*'"),
        (("--out", tmp_path / "r.csv"), "does not end in .parquet"),
        (("--figure", tmp_path / "r.xyz"), "no picture format"),
        (("--pool", 500), "with pool 1000, not 500"),
        (("--option", "run=9"), "run9"),
    ):
        code, _, error = cli(*arguments, "--pool", 1000, "--out", out, *wrong)
        assert (code, message in error) == (2, True), error
