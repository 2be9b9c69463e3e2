import weaknas

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"


def test_an_architecture_is_drawn(cli, tmp_path):
    file = tmp_path / "cell.svg"
    file.write_text("what was there before")
    assert cli("draw", "nasbench201", CELL, "--out", file) == (0, f"{file}\n", "")
    text = file.read_text("utf-8")
    assert f"<title>{CELL}</title>" in text
    assert text.count(">nor_conv_3x3<") == 3


def test_a_published_architecture_is_drawn_by_its_name(cli, tmp_path):
    file = tmp_path / "cells.svg"
    assert cli("draw", "darts", "darts-v2", "--out", file)[0] == 0
    assert ">reduction cell<" in file.read_text("utf-8")


def test_options_go_to_the_space(cli, tmp_path):
    code, _, err = cli("draw", "darts", "darts-v2", "--out", tmp_path / "cell.svg", "--option", "channels=3")
    assert code == 2
    assert "channels" in err


def refused(cli, tmp_path, *arguments: str) -> str:
    code, out, err = cli("draw", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not list(tmp_path.iterdir())
    return err


def test_a_text_of_another_space_is_refused_with_that_space(cli, tmp_path):
    err = refused(cli, tmp_path, "nasbench101", CELL, "--out", str(tmp_path / "cell.svg"))
    assert err.endswith("; it is one of nasbench201.\n")
    err = refused(cli, tmp_path, "nasbench101", "nothing", "--out", str(tmp_path / "cell.svg"))
    assert "it is one of" not in err


def test_a_space_without_cells_is_refused(cli, tmp_path):
    (name, *_) = weaknas.space("attentive-nas").published
    err = refused(cli, tmp_path, "attentive-nas", name, "--out", str(tmp_path / "net.svg"))
    assert "attentive-nas has no cells to draw" in err


def test_a_file_that_cannot_be_written_is_refused(cli, tmp_path):
    assert "name it cell.svg" in refused(cli, tmp_path, "nasbench201", CELL, "--out", "cell.png")
    assert "cannot write" in refused(cli, tmp_path, "nasbench201", CELL, "--out", str(tmp_path / "no" / "cell.svg"))
