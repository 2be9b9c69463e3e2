import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from weaknas.errors import WeaknasError
from weaknas_experiments.report.tables import code, markdown, readable, write
from weaknas_experiments.report.writer import write_report
from weaknas_experiments.study.manifest import OptimumCard
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

STUDY = """
name = "small"
budget = 40
seeds = 7
checkpoints = [20, 40]
protocols = ["honest", "paper"]
benchmarks = [{ name = "digits" }]
strategies = [{ name = "random" }, { name = "local-search" }, { name = "weaknas", predictor = "ridge" }]
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY)
    run_study(plan(load_study(folder / "small.toml")), folder / "out")
    return load(folder / "out")


@pytest.fixture(scope="module")
def page(results):
    return write_report(results, results.directory / "report")


def test_the_page_shows_every_figure_and_links_every_table(page):
    text = page.read_text()
    named = set(re.findall(r"\]\(([^)]+)\)", text))
    files = {str(path.relative_to(page.parent)) for path in page.parent.glob("*/*")}
    assert named == {file for file in files if not file.endswith(".svg")}
    assert {file.removesuffix(".png") + ".svg" for file in files if file.endswith(".png")} <= files
    for what in ("honest-queries", "honest-hours", "paper-queries", "best-queries", "regret-queries", "regret-hours"):
        assert f"figures/digits-{what}.png" in named
    assert {"figures/digits-ecdf.png", "figures/digits-ranks-honest-40.png", "tables/digits-optimum-test.tex"} <= named


def test_the_protocol_stands_beside_the_numbers(page):
    text = page.read_text()
    assert "*honest*: test accuracy of the architecture with the best score among those queried." in text
    assert "one query that is not counted" in text
    assert "Candidates: 15,625 listed architectures; searches see validation accuracy" in text
    assert (
        "digits, honest: test accuracy of the architecture"
        in (page.parent / "tables/digits-accuracy-honest.md").read_text()
    )


def test_the_tables_hold_the_means_at_the_checkpoints(page, results):
    table = pd.read_csv(page.parent / "tables/digits-accuracy-honest.csv")
    assert sorted(table["queries"].unique()) == [20, 40]
    frame = results.frame
    expected = [
        run.test_acc.iloc[int(np.argmax(run.valid_acc[run["query"] <= 20]))]
        for _, run in frame[frame.label == "random"].groupby("seed")
    ]
    (mean,) = table["mean"][(table.label == "random") & (table["queries"] == 20)]
    assert mean == pytest.approx(np.mean(expected, dtype=np.float64))
    pairs = pd.read_csv(page.parent / "tables/digits-pairs-honest-40.csv")
    assert len(pairs) == 3


def test_strategies_are_compared_at_every_checkpoint(page):
    early, late = (pd.read_csv(page.parent / f"tables/digits-pairs-honest-{n}.csv") for n in (20, 40))
    means = pd.read_csv(page.parent / "tables/digits-accuracy-honest.csv").set_index(["queries", "label"])["mean"]
    for budget, pairs in ((20, early), (40, late)):
        expected = [means[budget, a] - means[budget, b] for a, b in zip(pairs["first"], pairs["second"], strict=True)]
        assert pairs["difference"].tolist() == pytest.approx(expected)
    assert not early["difference"].equals(late["difference"])


def test_a_report_of_a_study_whose_optimum_and_times_are_not_known(results, tmp_path):
    unknown = pd.array([pd.NA] * len(results.frame), dtype="boolean")
    frame = results.frame.assign(spent_seconds=np.nan, hit_valid=unknown, hit_test=unknown)
    card = results.manifest.benchmarks["digits"].model_copy(update={"optimum": OptimumCard()})
    manifest = results.manifest.model_copy(update={"benchmarks": {"digits": card}, "protocols": ["honest"]})
    page = write_report(replace(results, frame=frame, manifest=manifest), tmp_path / "report")
    named = re.findall(r"figures/digits-([\w-]+)\.png", page.read_text())
    assert named == ["honest-queries", "best-queries", "ranks-honest-20", "ranks-honest-40"]
    assert "the best accuracy is not known" in page.read_text()


def test_a_report_that_cannot_be_written_says_so(results, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WeaknasError, match=r"cannot write to .*file/report"):
        write_report(results, tmp_path / "file/report")


def test_estimates_and_their_intervals_share_a_cell(tmp_path):
    table = pd.DataFrame(
        {"label": ["a_b", "c"], "ert": [1234.5, np.inf], "ert_low": [1000.0, np.nan], "ert_high": [np.inf, np.nan]}
    )
    assert readable(table, 0).to_numpy().tolist() == [["a_b", "1,234 [1,000, ∞]"], ["c", "∞"]]
    assert markdown(readable(table, 0)).splitlines()[2] == "| a_b | 1,234 [1,000, ∞] |"
    write(table, tmp_path / "name", "50 % of a_b", 0)
    assert pd.read_csv(tmp_path / "name.csv").ert.tolist() == [1234.5, np.inf]
    latex = (tmp_path / "name.tex").read_text()
    assert r"a\_b & 1,234 [1,000, $\infty$] \\" in latex
    assert r"\caption{50 \% of a\_b}" in latex


def test_labels_alike_and_a_single_seed(tmp_path):
    text = (
        STUDY.replace("seeds = 7", "seeds = 1").replace("benchmarks = ", "benchmarks = [] #").replace(', "paper"', "")
    )
    text = text.replace("random", 'random", label = "_a $x & y^2').replace("[] #", "[")
    alike = (("params <= 5000", "params <= 5000"), ("params < 5000", "params < 4000"))
    entries = (f'{{ name = "digits", label = "{label}", constraint = "{part}" }}' for label, part in alike)
    text = text.replace('[[{ name = "digits" }]', f"[{', '.join(entries)}]")
    (tmp_path / "one.toml").write_text(text)
    run_study(plan(load_study(tmp_path / "one.toml")), tmp_path / "out")
    page = write_report(load(tmp_path / "out"), tmp_path / "report")
    first, second = (pd.read_csv(page.parent / f"tables/params-5000{n}-accuracy-honest.csv") for n in ("", "-2"))
    assert not first.equals(second)
    assert "figures/params-5000-2-honest-queries.png" in page.read_text()
    assert r"\_a \$x \& y" in (page.parent / "tables/params-5000-accuracy-honest.tex").read_text()


def test_a_caption_is_text_in_latex(tmp_path):
    write(pd.DataFrame({"a": [1.0]}), tmp_path / "t", "50 % of A & B #1 x_1^2 {$}")
    assert r"50 \% of A \& B \#1 x\_1\textasciicircum{}2 \{\$\}" in (tmp_path / "t.tex").read_text()


EVIL = [
    "=1+1",
    "\uff1d1",
    "+1",
    "-1|x",
    "@a",
    "\\x_{1}",
    "[x](http://e.org)",
    "<b>&",
    "*a*",
    "`a` | b",
    "_a_b_",
    "$x$ ~^",
]


def test_labels_are_text_in_every_format(tmp_path):
    table = pd.DataFrame({"label": EVIL, "mean": -1.5, "mean_low": np.nan, "mean_high": np.nan})
    text = write(table, tmp_path / "t", "= \\ of <b>")
    cells = pd.read_csv(tmp_path / "t.csv")
    assert cells["label"].tolist() == [f"'{label}" if label[0] in "=\uff1d+-@" else label for label in EVIL]
    assert cells["mean"].tolist() == [-1.5] * len(EVIL)
    for line, label in zip(text.splitlines()[2:], EVIL, strict=True):
        assert re.sub(r"\\(.)", r"\1", line) == f"| {label} | -1.50 |"
        assert len(re.findall(r"(?<!\\)\|", line)) == 3
        assert not re.search(r"(?<!\\)[<>`*$]|\]\(", line)
    latex = (tmp_path / "t.tex").read_text()
    assert r"\caption{= \textbackslash{} of \textless{}b\textgreater{}}" in latex
    for cell in (
        r"\textbackslash{}x\_\{1\} &",
        r"{}[x](http://e.org) &",
        r"{}*a* &",
        r"\$x\$ \textasciitilde{}\textas",
    ):
        assert f"\n{cell}" in latex


def test_code_is_code_whatever_it_holds():
    assert code("weaknas study run 'a b'") == "`weaknas study run 'a b'`"
    assert code("a `b` ``") == "``` a `b` `` ```"


def test_a_study_without_test_accuracy_draws_what_was_seen_alone(results, tmp_path):
    frame = results.frame.assign(test_acc=np.float32("nan"), top1_test=np.float32("nan"))
    page = write_report(replace(results, frame=frame), tmp_path / "report").read_text()
    drawn = re.findall(r"figures/digits-([\w-]+)\.png", page)
    assert drawn[:2] == ["best-queries", "best-hours"]
    assert not [name for name in drawn if name.startswith(("honest", "paper", "regret"))]
