"""What the documentation says runs."""

import re
from pathlib import Path

import numpy as np
import pytest

import weaknas
from weaknas.spaces.mobile.space import KINDS
from weaknas_experiments.study.results_schema import SCHEMA
from weaknas_experiments.study.study_file import load_study

ROOT = Path(__file__).parents[2]


def blocks(file: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / file).read_text(), flags=re.S)


def run(file: str, names: dict | None = None) -> dict:
    """Run the Python of a page from top to bottom."""
    names = names or {}
    for code in blocks(file):
        exec(compile(code, file, "exec"), names)
    return names


def test_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where it draws what it found
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


def test_wrappers():
    assert run("docs/benchmarks.md")["bench"].space.size == 1000


def test_digits():
    assert run("docs/digits.md")["bench"].name == "digits-train"


def test_a_space_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (toml,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/spaces.md").read_text(), flags=re.S)
    Path("small.toml").write_text(toml)
    assert run("docs/spaces.md")["space"].name == "small"


def test_supernets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.savez("images.npz", x=rng.integers(0, 256, (100, 16, 16, 3)).astype(np.uint8), y=rng.integers(0, 10, 100))
    names = run("docs/supernets.md")
    assert len(names["column"]) == 10
    assert names["net"].arch == names["space"].to_str(names["arch"])[0]


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
    names = run("docs/encodings.md")
    assert names["Degrees"](names["space"])(names["rows"]).shape == (3, 7)


def test_a_contract_for_a_predictor_of_ones_own(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs/examples")
    names = run("docs/predictors.md")
    assert issubclass(names["TestKNN"], names["PredictorContract"])


def test_studies(tmp_path, monkeypatch, cli):
    monkeypatch.chdir(tmp_path)
    (toml,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/studies.md").read_text(), flags=re.S)
    (tmp_path / "mine.toml").write_text(toml)
    assert [entry.label for entry in load_study("mine.toml").strategies] == ["random", "ours"]
    assert cli("study", "run", "demo", "--only", "r*")[0] == 0
    names = run("docs/studies.md")
    assert list(names["results"].frame.columns) == SCHEMA.names
    assert names["results"].frame.label.nunique() == 2


@pytest.mark.parametrize("name", SCHEMA.names)
def test_every_column_of_the_results_is_described(name):
    table = (ROOT / "docs/studies.md").read_text().partition("| column |")[2]
    assert re.search(rf"^\|.*[`\s]{name}[`,].*\|", table, flags=re.M)


@pytest.mark.parametrize(
    "name",
    ["nasbench101", "nasbench201", "nats-size", "ofa-mbv3", "attentive-nas", "fbnetv2", "spos-mobilenet", "pi-nas"],
)
def test_the_table_of_encodings_is_complete_and_right(name):
    space = weaknas.space(name)
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


def test_every_kind_of_choice_of_a_mobile_network_is_described():
    text = (ROOT / "docs/spaces.md").read_text()
    assert [kind for kind, meaning in KINDS.items() if not re.search(rf"`{kind}`\s+{meaning}", text)] == []


def test_the_predictor_of_the_contributing_page(tmp_path, cli, toy_file):
    (code,) = blocks("CONTRIBUTING.md")
    (tmp_path / "nearest.py").write_text(code)
    predictor = f"{tmp_path / 'nearest.py'}:Nearest"
    assert cli("search", toy_file, "--predictor", predictor, "--budget", 25)[0] == 0


@pytest.mark.parametrize(
    "page", [p.relative_to(ROOT) for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]], ids=str
)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        if "://" not in target:
            assert ((ROOT / page).parent / target).exists(), target


def test_strategies():
    names = run("docs/strategies.md")
    assert len(names["architectures"]) == len(names["points"])
