import re

import pandas as pd
import pytest

from weaknas.errors import WeaknasError
from weaknas_experiments.report.writer import write_report
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.results import load
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study


def test_the_page_shows_every_figure_and_links_every_table(page):
    text = page.read_text()
    named = set(re.findall(r"\]\(([^)]+)\)", text))
    files = {str(path.relative_to(page.parent)) for path in page.parent.glob("*/*")}
    assert named == {file for file in files if not file.endswith(".svg") or "-found-" in file}
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


def test_a_report_that_cannot_be_written_says_so(results, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WeaknasError, match=r"cannot write to .*file/report"):
        write_report(results, tmp_path / "file/report")


ALIKE = """
name = "small"
budget = 40
seeds = 1
checkpoints = [40]
protocols = ["honest"]
benchmarks = [
    { name = "digits", label = "params <= 5000", constraint = "params <= 5000" },
    { name = "digits", label = "params < 5000", constraint = "params < 4000" },
]
strategies = [{ name = "random", label = "_a $x & y^2" }, { name = "local-search" }]
"""


@pytest.mark.usefixtures("drafts")
def test_labels_alike_and_a_single_seed(tmp_path, undrawn):
    (tmp_path / "one.toml").write_text(ALIKE)
    run_study(plan(load_study(tmp_path / "one.toml")), tmp_path / "out")
    page = write_report(load(tmp_path / "out"), tmp_path / "report")
    first, second = (pd.read_csv(page.parent / f"tables/params-5000{n}-accuracy-honest.csv") for n in ("", "-2"))
    assert not first.equals(second)
    assert "figures/params-5000-2-honest-queries.png" in page.read_text()
    assert r"\_a \$x \& y" in (page.parent / "tables/params-5000-accuracy-honest.tex").read_text()
