import subprocess
import sys

import pytest

import weaknas


def test_listing_is_one_bare_name_on_a_line(cli):
    code, out, _ = cli("list", "predictors", "x*")
    assert (code, out) == (0, "xgboost\n")
    _, out, _ = cli("list", "benchmarks", "nasbench201/*")
    assert out.splitlines() == weaknas.names("benchmarks", "nasbench201/*")
    _, out, _ = cli("list", "strategies", "nothing*")
    assert out == ""


def test_an_unknown_kind_is_refused(cli):
    code, _, err = cli("list", "things")
    assert code == 2
    assert "things" in err


def test_version_and_help(cli):
    assert cli("--version")[:2] == (0, weaknas.__version__ + "\n")
    code, out, _ = cli("--help")
    assert code == 0
    assert all(command in out for command in ("data", "list", "search"))


def test_an_unknown_command_is_refused(cli):
    code, _, err = cli("serch")
    assert code == 2
    assert "serch" in err


def without_torch(*arguments):
    code = f"import sys; sys.modules['torch'] = None; sys.argv = ['weaknas', *{arguments!r}]\n"
    code += "from weaknas.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_a_command_whose_extra_is_missing_says_so_and_hides_no_other():
    done = without_torch("supernet", "train", "space.toml", "--steps", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "weaknas: weaknas.supernet needs torch; run: pip install 'weaknas[supernet]'.\n"
    done = without_torch("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(command in done.stdout for command in ("search", "supernet", "Needs an extra"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "runs.db"), "runs.db: No space left on device."),
        (MemoryError(), "there is not enough memory."),
        (UnicodeEncodeError("ascii", "±", 0, 1, "ordinal not in range"), "PYTHONUTF8=1"),
    ],
)
def test_what_the_machine_does_not_allow_is_one_sentence(cli, monkeypatch, error, said):
    def fail(kind, pattern):
        raise error

    monkeypatch.setattr("weaknas.cli.listing.names", fail)
    code, out, err = cli("list", "predictors")
    assert (code, out) == (2, "")
    assert err.startswith("weaknas: ")
    assert said in err
    assert err.count("\n") == 1
