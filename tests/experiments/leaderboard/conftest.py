"""Two small studies, a board with both, and ways to spoil and to submit a study."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from weaknas.table_file import write_table
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.leaderboard.page import render
from weaknas_experiments.leaderboard.submission import submit
from weaknas_experiments.study.folder import RESULTS, TIMINGS
from weaknas_experiments.study.manifest import MANIFEST
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

FIRST = """
name = "first"
seeds = 10
budget = 60
protocols = ["honest", "paper"]
benchmarks = [{ name = "digits" }]

[[strategies]]
name = "random"

[[strategies]]
name = "regularized-evolution"
options = { population = 10, sample = 4 }

[[strategies]]
name = "local-search"
label = "local search"

[[strategies]]
name = "weaknas"
predictor = "ridge"
label = "weak, ridge"
"""

SECOND = """
name = "second"
seeds = 10
budget = 40
record = "improvements"
benchmarks = [{{ name = "{table}", label = "toy" }}]
strategies = [{{ name = "random" }}, {{ name = "local-search", label = "local search" }}]
"""


SHORTER = """
name = "shorter"
seeds = 10
budget = 20
stop = "optimum"
benchmarks = [{ name = "digits", label = "one run", options = { run = "random" } }]
strategies = [{ name = "hyperband" }, { name = "weaknas", predictor = "ridge" }]
"""


def made(text: str, folder: Path) -> Path:
    """Run a study."""
    folder.mkdir()
    (folder / "study.toml").write_text(text)
    planned = plan(load_study(folder / "study.toml"), command=["weaknas", "study", "run", "study.toml"])
    assert not run_study(planned, folder / "runs-of-it")
    return folder / "runs-of-it"


@pytest.fixture(scope="session")
def studies(tmp_path_factory, toy_frame) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("studies")
    columns = {name: toy_frame[name].to_numpy() for name in ("arch", "valid_acc", "test_acc", "train_seconds")}
    table = write_table(
        folder / "toy.parquet", columns, {"benchmark": "toy", "dataset": "toy", "space": "nasbench201"}
    )
    return made(FIRST, folder / "first"), made(SECOND.format(table=table), folder / "second")


@pytest.fixture
def shorter(tmp_path) -> Path:
    """A study with shorter trainings, a training run drawn by the seed, and an early end."""
    return made(SHORTER, tmp_path / "shorter")


@pytest.fixture
def handed(studies, tmp_path) -> Path:
    """A copy of the first study, to be spoilt."""
    return Path(shutil.copytree(studies[0], tmp_path / "handed"))


@pytest.fixture
def spoil() -> Callable[..., None]:
    """Change the table of results, by a function or in one row; the timings would no longer go with it."""

    def run(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame] | dict[str, object]) -> None:
        (folder / TIMINGS).unlink(missing_ok=True)
        frame = pd.read_parquet(folder / RESULTS)
        if isinstance(change, dict):
            for column, value in change.items():
                frame.loc[3, column] = value
        else:
            frame = change(frame)
        frame.to_parquet(folder / RESULTS, index=False)

    return run


@pytest.fixture
def say() -> Callable[..., None]:
    """Change the manifest; a value of None leaves a key out."""

    def run(folder: Path, **changes: object) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        kept = {key: value for key, value in {**manifest, **changes}.items() if value is not None}
        (folder / MANIFEST).write_text(json.dumps(kept))

    return run


@pytest.fixture
def rename_benchmark(spoil, say) -> Callable[..., None]:
    """Have the results be on a benchmark of another name, labelled `mine`."""

    def run(folder: Path, name: str, **changes: object) -> None:
        spoil(folder, lambda frame: frame.assign(benchmark="mine"))
        (card,) = json.loads((folder / MANIFEST).read_text())["benchmarks"].values()
        say(folder, benchmarks={"mine": card | {"name": name, **changes}})

    return run


@pytest.fixture
def refused(cli, handed, tmp_path) -> Callable[..., str]:
    """Submit, expect a refusal that leaves nothing behind, and return its sentence."""

    def run(*options: object) -> str:
        before = {path.name: path.read_bytes() for path in handed.iterdir()}
        options = options or ("--who", "A. Author")
        code, out, err = cli("leaderboard", "submit", handed, "--board", tmp_path / "board", *options)
        assert code == 2
        assert out == ""
        assert err.count("\n") == 1
        assert not [path for path in tmp_path.glob("board/*") if path.name != "other"]
        assert {path.name: path.read_bytes() for path in handed.iterdir()} == before
        return err

    return run


@pytest.fixture(scope="session")
def board(studies, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("board") / "board"
    for study, apart in zip(studies, ((), ("toy",)), strict=True):  # which is a file, named by its path
        submit(study, folder, "The authors of the tests", "https://example.org/paper", not_compared=apart)
    return folder


@pytest.fixture(scope="session")
def html(board, tmp_path_factory) -> Path:
    """The page of the board."""
    file = tmp_path_factory.mktemp("page") / "board.html"
    file.write_text(render(contents([board]), "Test board", "weaknas leaderboard build board"), "utf-8")
    return file


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium of the system, driven by playwright."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs a Chromium: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Open pages; at the end none of them may have complained, or asked the network for anything."""
    heard: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})

    def run(file: Path):
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or heard.append(request.url))
        page.goto(file.as_uri())
        return page

    yield run
    context.close()
    assert heard == []


@pytest.fixture
def page(opened, html):
    return opened(html)
