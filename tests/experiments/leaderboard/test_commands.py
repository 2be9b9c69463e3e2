"""`weaknas leaderboard build`."""

import json
import re

import pytest

from weaknas_experiments.leaderboard.board import contents


def test_the_command_writes_one_page(cli, studies, tmp_path):
    out = tmp_path / "page.html"
    code, said, err = cli("leaderboard", "build", *studies, "--out", out, "--title", "Of <all>")
    assert (code, err) == (0, "")
    assert str(out) in said
    text = out.read_text("utf-8")
    assert "<h1>Of &lt;all&gt;</h1>" in text
    assert f"weaknas leaderboard build {studies[0]} {studies[1]}" in text
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(?!data:)", text)
    embedded = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.S)
    shown = contents(studies)
    assert all(drawing in text for drawing in shown.pop("drawings"))
    assert json.loads(embedded[1], parse_constant=pytest.fail) == shown
    assert cli("leaderboard", "build", *studies, "--out", out, "--title", "Of <all>")[0] == 0
    assert out.read_text("utf-8") == text


def test_a_page_that_cannot_be_written_is_refused_first(cli, studies, tmp_path):
    code, _, err = cli("leaderboard", "build", studies[0], "--out", tmp_path / "gone" / "page.html")
    assert code == 2
    assert "cannot write" in err
