import os
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

import weaknas
from weaknas import doors


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
    assert all(command in done.stdout for command in ("search", "supernet"))


@pytest.mark.parametrize("arguments", ["--help", "list --help", "list predictors"])
def test_help_imports_nothing_heavy(arguments):
    heavy = ["torch", "pandas", "pyarrow", "optuna", "sklearn", "matplotlib", "scipy"]
    code = (
        f"import sys; sys.argv = ['weaknas', *{arguments.split()!r}]\n"
        "from weaknas.cli import main\n"
        "try:\n    main()\n"
        f"finally:\n    print(sorted({{*sys.modules}} & {{*{heavy!r}}}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_a_command_is_listed_with_the_first_line_of_its_module(cli):
    _, out, _ = cli("--help")
    assert "Search a benchmark for its best architecture." in out
    assert "Run studies, look at them, merge them, report on them." in out


@pytest.mark.parametrize("command", sorted(doors.COMMANDS.names()))
def test_every_command_says_what_it_takes(cli, command):
    code, out, _ = cli(command, "--help")
    assert (code, f"Usage: weaknas {command}" in out) == (0, True)


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


def shell(command, **environment):
    """Run a line of bash in which `weaknas` is the command line."""
    line = f'weaknas() {{ "{sys.executable}" -c "from weaknas.cli import main; main()" "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("arguments", "unbuffered"),
    [("list predictors", ""), ("search digits --strategy random --budget 5", "1"), ("--help", "")],
)
def test_an_output_that_takes_no_more_is_one_sentence(arguments, unbuffered):
    done = shell(f"weaknas {arguments} > /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (
        2,
        "weaknas: cannot write to standard output: No space left on device.\n",
    )


def test_a_closed_pipe_is_silent():
    done = shell("weaknas list predictors | head -1", PYTHONUNBUFFERED="1")
    assert (done.stdout, done.stderr) == ("bananas\n", "")


def test_with_nowhere_to_say_it_the_exit_code_has_to_do():
    assert shell("weaknas search nope 2> /dev/full").returncode == 2
    done = shell("weaknas search nope 2>&-")
    assert (done.returncode, done.stdout) == (2, "")


def test_a_locale_without_our_signs_loses_nothing(tmp_path):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    lines = ["import weaknas", "def made():", " bench = weaknas.benchmark('digits')", " bench.name = 'höhe'"]
    (tmp_path / "named.py").write_text("\n".join([*lines, " return bench"]), "utf-8")
    done = shell(f"weaknas search {tmp_path}/named.py:made --strategy random --budget 5", **ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"random on h\xf6he, seed 0" in done.stdout
    done = shell("weaknas search 'é.parquet'", **ascii_only)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_shell_completion_is_installed_and_works(tmp_path):
    binary = tmp_path / "weaknas"
    binary.write_text(f'#!/bin/bash\nexec "{sys.executable}" -c "from weaknas.cli import main; main()" "$@"\n')
    binary.chmod(0o755)
    line = (
        f'export PATH="{tmp_path}:$PATH" HOME="{tmp_path}"; cd "$HOME"\n'
        "weaknas --install-completion > /dev/null && source .bashrc || exit 1\n"
        'try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weaknas_completion weaknas; echo "${COMPREPLY[@]}"; }\n'
        "try weaknas sea; try weaknas search --strat; try weaknas list pre; try weaknas data inf\n"
    )
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["search", "--strategy", "predictors", "info"], "")


def test_completion_is_offered_for_the_whole_alone(cli):
    assert "--install-completion" in cli("--help")[1]
    assert "completion" not in cli("search", "--help")[1]


@pytest.mark.parametrize(
    ("source", "why"),
    [("1 / 0", "ZeroDivisionError: division by zero ({file}, line 1)"), ("1 /", "SyntaxError: invalid syntax")],
)
def test_a_broken_command_of_a_package_hides_no_other(cli, monkeypatch, tmp_path, source, why):
    (tmp_path / "broken_command.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(
        doors, "_entries", lambda group, path: {"bad": EntryPoint("bad", "broken_command:app", "weaknas.commands")}
    )
    code, out, _ = cli("--help")
    assert (code, "bad" in out) == (0, True)
    code, _, err = cli("bad", "--anything")
    assert (code, why.format(file=tmp_path / "broken_command.py") in err) == (2, True)


@pytest.mark.filterwarnings("always")
def test_a_warning_to_the_user_is_a_sentence(cli, toy_file, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "import warnings\nfrom weaknas.strategies.random import RandomSearch\n"
        "class Mine(RandomSearch):\n"
        "    def ask(self, n=None):\n"
        "        warnings.warn('take more.', stacklevel=1)\n"
        "        warnings.warn('old', FutureWarning, stacklevel=1)\n"
        "        return super().ask(n)\n"
    )
    code, _, err = cli("search", toy_file, "--strategy", f"{file}:Mine", "--budget", 1)
    assert code == 0
    assert "weaknas: take more.\n" in err
    assert f"{file}:6: FutureWarning: old" in err
