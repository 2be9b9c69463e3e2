from weaknas_experiments.leaderboard.drawings import Drawings

CELLS = ("i3o:101", "i1o:101")


def test_each_is_drawn_once():
    drawings = Drawings()
    assert drawings.numbers([CELLS[0], CELLS[0]]) == {CELLS[0]: 0}
    assert drawings.numbers(CELLS) == {CELLS[0]: 0, CELLS[1]: 1}
    assert [f"<title>{cell}</title>" in text for cell, text in zip(CELLS, drawings.texts, strict=True)] == [True, True]


def test_what_no_space_of_cells_reads_is_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("raise SystemExit")
    drawings = Drawings()
    assert drawings.numbers(["evil.py:Space", "weaknas-560"]) == {}
    assert drawings.numbers([CELLS[0], "damaged"]) == {CELLS[0]: 0}
    assert len(drawings.texts) == 1
