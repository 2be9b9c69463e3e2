"""Every command that the documentation shows is one: its verbs, options, names and values are known."""

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

import weaknas
from weaknas.cli import app
from weaknas_experiments.study.study_file import shipped

ROOT = Path(__file__).parents[2]
PAGES = [p.relative_to(ROOT) for p in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]]
MAKEFILE = (ROOT / "Makefile").read_text()
OPEN = re.compile(r"\.\.\.|…|[A-Z]{2}|\[|\||'\.\.")  # of a command that shows a form, with places to fill in


def commands(page: Path) -> list[str]:
    """Return the shell commands of a page: of its blocks of code, and of its text, where they may be cut short."""
    text = (ROOT / page).read_text().replace("\\\n", " ")
    text = re.sub(r"```(?!console|sh|bash).*?```", "", text, flags=re.S)  # other languages
    lines = re.findall(r"^(?: {4}|\$ )(\S.*)$", text, flags=re.M)
    lines += [f"{line} ..." for line in re.findall(r"`([^`\n]+?)`", text)]
    found = [re.split(r"\s#\s", line)[0].strip() for line in lines]
    return [line for line in found if re.match(r"(weaknas|make|python) (?!\.\.\.)", line)]


SHOWN = sorted({(line, str(page)) for page in PAGES for line in commands(page)})


def command_of(words: list[str]) -> tuple[Any, Any, list[str]]:
    """Return the command that words name, and those that are left."""
    command: Any = typer.main.get_command(app)
    context = typer.Context(command, info_name="weaknas")
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        _, command, words = command.resolve_command(context, words)  # raises where there is no such command
        context = typer.Context(command, context, command.name)
    return command, context, words


@pytest.mark.parametrize(("line", "page"), [(line, page) for line, page in SHOWN if line.startswith("weaknas")])
def test_a_command_of_weaknas_has_the_options_shown(line, page, monkeypatch, tmp_path):
    words = shlex.split(re.sub(r"[\[\]]", " ", line) if OPEN.search(line) else line, comments=True)
    words = list(itertools.takewhile(lambda word: word not in (">", "&&", ";"), words))
    command, context, rest = command_of(words[1:])
    known = {name for part in command.get_params(context) for name in (*part.opts, *part.secondary_opts)}
    for word in rest:
        for option in word.split("|") if word.startswith("--") else ():
            assert option.partition("=")[0] in known, f"{line!r} of {page}"
    if not OPEN.search(line) and rest:
        monkeypatch.chdir(ROOT)
        command.make_context(command.name, list(rest), context.parent)  # raises where a value is of no use
    check_names(rest)


def check_names(words: list[str]) -> None:
    """Look up the names of parts that come with weaknas."""
    for option, door in (("--strategy", "strategies"), ("--predictor", "predictors")):
        for name in (after for word, after in itertools.pairwise(words) if word == option):
            if re.fullmatch(r"(?!example-)[a-z0-9:-]+", name):
                assert name.partition(":")[0] in weaknas.names(door)
    if words and (found := re.fullmatch(r"(?:docs/)?results/([a-z0-9-]+)/?", words[0])):
        assert found[1] in shipped()


@pytest.mark.parametrize(("line", "page"), [(line, page) for line, page in SHOWN if not line.startswith("weaknas")])
def test_another_command_names_what_is_there(line, page):
    program, *words = line.split("&&")[-1].split()
    if program == "make":
        for target in (word for word in words if re.fullmatch(r"[a-z-]+", word)):
            assert f"\n{target}:" in MAKEFILE, f"{line!r} of {page}"
    elif program == "python":
        script = next((word for word in words if word.endswith(".py")), None)
        assert script is None or (ROOT / script).is_file(), f"{line!r} of {page}"
        beside = "".join(path.read_text() for path in (ROOT / script).parent.glob("*.py")) if script else ""
        for option in (word for word in words if script and word.startswith("--")):
            assert f'"{option}"' in beside, f"{line!r} of {page}: {option}"
