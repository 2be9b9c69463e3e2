"""What the documentation says runs."""

import re
from pathlib import Path

import numpy as np
import pytest

from weaknas.spaces import NasBench101, NasBench201, NatsSize, OfaMobileNetV3

ROOT = Path(__file__).parents[2]


def blocks(file: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / file).read_text(), flags=re.S)


def run(file: str, names: dict | None = None) -> dict:
    """Run the Python of a page from top to bottom."""
    names = names or {}
    for code in blocks(file):
        exec(compile(code, file, "exec"), names)
    return names


def test_readme():
    names = run("README.md")
    assert names["result"].best.queries == 200
    assert len(names["strategy"]._memory.scores) == 200


def test_writing_a_table(tmp_path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    run("docs/table-format.md")
    code, out, _ = cli("data", "check", "./mine.parquet")
    assert code == 0
    assert "every architecture is one of mine" in out
    assert cli("search", "mine.parquet", "--budget", 3)[0] == 0


def test_wrappers(toy):
    names = run("docs/benchmarks.md", {"bench": toy, "np": np})
    assert names["bench"].space.size == 1000


def test_your_own_objective(capsys):
    names = run("docs/tutorials/own-objective.md")
    assert len(names["strategy"]._memory.scores) == 12
    assert names["study"].best_value > 80
    assert capsys.readouterr().out.count(" % ") >= 9


def test_optuna():
    assert run("docs/optuna.md")["study"].best_value < 0.01


def test_many_machines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("docs/how-to/many-machines.md")["result"].best.queries == 30
    assert (tmp_path / "runs.db").exists()


def test_encodings():
    space = NasBench101()
    names = run("docs/encodings.md", {"space": space, "rng": np.random.default_rng(0)})
    assert names["Degrees"](space)(names["rows"]).shape == (3, 7)


@pytest.mark.parametrize("space", [NasBench101(), NasBench201(), NatsSize(), OfaMobileNetV3()], ids=lambda s: s.name)
def test_the_table_of_encodings_is_complete_and_right(space):
    _, _, section = (ROOT / "docs/encodings.md").read_text().partition(f"| `{space.name}` |")
    stated = {}
    for line in section.splitlines():
        name, columns = line.removeprefix("| |").split("|")[:2]
        stated[name.strip(" `")] = int(columns.split()[0])
        if "default" in line:
            assert name.strip(" `") == space.default_encoding
        if len(stated) == len(space.encoders):
            break
    row = space.sample(1, np.random.default_rng(0))
    assert stated == {kind: space.encode(row, kind).shape[1] for kind in space.encoders}


def test_the_predictor_of_the_contributing_page(tmp_path, cli, toy_file):
    (code,) = blocks("CONTRIBUTING.md")
    imports = (
        "from sklearn.base import BaseEstimator, RegressorMixin\nfrom sklearn.neighbors import KNeighborsRegressor\n"
    )
    (tmp_path / "nearest.py").write_text(imports + code)
    predictor = f"{tmp_path / 'nearest.py'}:Nearest"
    assert cli("search", toy_file, "--predictor", predictor, "--budget", 25)[0] == 0


@pytest.mark.parametrize(
    "page", [p.relative_to(ROOT) for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]], ids=str
)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), target
