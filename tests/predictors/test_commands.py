from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "docs/examples/knn.py"
KNN = f"{EXAMPLE}:KNN"


def test_the_check_says_what_holds(cli):
    code, out, _ = cli("predictor", "check", KNN, "--option", "k=3")
    assert code == 0
    assert "ok     Fitting again gives what a fresh predictor gives" in out
    assert "keeps the contract" in out


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


def test_ranking_prints_a_table_and_draws_it(cli, tmp_path):
    out, figure = tmp_path / "r.parquet", tmp_path / "r.png"
    arguments = ("predictor", "rank", "digits", "--predictors", "ridge,k*", "--train-sizes", "20,40", "--seeds", 2)
    code, text, _ = cli(*arguments, "--pool", 1000, "--out", out, "--figure", figure)
    assert code == 0
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
