"""Tables as CSV, Markdown and LaTeX."""

import re

import numpy as np
import pandas as pd

from weaknas_experiments.report.tables import code, markdown, readable, write


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
