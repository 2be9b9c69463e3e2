"""The page of several studies together."""

import pandas as pd
import pytest

from weaknas.errors import InvalidOption
from weaknas_experiments.report import many
from weaknas_experiments.report.many import write_comparison


@pytest.fixture
def drafts(monkeypatch):
    """Lay the figures out, and write no files of them."""
    monkeypatch.setattr(
        many, "save", lambda drawn, path: drawn.draw_without_rendering() if path.suffix == ".png" else None
    )


@pytest.mark.usefixtures("drafts")
def test_a_page_says_which_strategy_when(results, tmp_path):
    page = write_comparison([results], tmp_path, [20, 40]).read_text()
    assert "## Which strategy when" in page
    assert "No trivial baseline sorted is among these results" in page
    best = pd.read_csv(tmp_path / "tables/best.csv")
    assert best["queries"].tolist() == [20, 40]
    assert best["score"].between(0, 1).all()
    table = pd.read_csv(tmp_path / "tables/scores-40.csv")
    assert set(table["label"]) == {"random", "local-search", "weaknas (ridge)"}
    assert ((table["iqm_low"] <= table["iqm"]) & (table["iqm"] <= table["iqm_high"])).all()
    for figure in ("matrix", "profiles-20", "profiles-40", "run-lengths", "ranks"):
        assert f"![{figure}](figures/{figure}.png)" in page


def test_the_command_names_what_it_writes(results, tmp_path, cli, monkeypatch):
    monkeypatch.setattr(many, "save", lambda drawn, path: None)
    code, out, err = cli("study", "compare", results.directory, "--out", tmp_path / "page", "--budget", 40)
    assert (code, out.strip(), err) == (0, str(tmp_path / "page/comparison.md"), "")
    with pytest.raises(InvalidOption, match="two of the studies have"):
        write_comparison([results, results], tmp_path, [20])
