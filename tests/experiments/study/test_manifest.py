"""What a folder says of its study: read by one model, whoever wrote it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaknas_experiments.commands import status
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.leaderboard.page import render
from weaknas_experiments.leaderboard.submission import submit
from weaknas_experiments.study.definition import InvalidStudy
from weaknas_experiments.study.manifest import MANIFEST, read_manifest, write_manifest
from weaknas_experiments.study.merging import merge_folders
from weaknas_experiments.study.planning import plan
from weaknas_experiments.study.runner import run_study
from weaknas_experiments.study.study_file import load_study

STUDY = """
name = "small"
budget = 12
seeds = 3
protocols = ["honest", "paper"]
benchmarks = [{ name = "digits" }]
strategies = [{ name = "random" }, { name = "weaknas", predictor = "ridge" }]
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(STUDY)
    planned = plan(load_study(folder / "small.toml"), command=["weaknas"])
    run_study(planned, folder / "out")
    return planned, folder / "out"


@pytest.fixture
def made(finished, tmp_path):
    """The plan of a study, and its finished folder, to be spoilt."""
    return finished[0], shutil.copytree(finished[1], tmp_path / "out")


def test_everything_that_reads_a_manifest_reads_it_or_refuses_it_in_a_sentence(
    made, tmp_path, capsys, odd_values, damaged, refused
):
    planned, out = made
    text, other = (out / MANIFEST).read_bytes(), shutil.copytree(out, tmp_path / "other")
    readers: list[Callable[[], object]] = [
        lambda: status(out),
        lambda: render(contents([out]), "title", "command"),
        lambda: run_study(planned, out),
        lambda: merge_folders([out, other], tmp_path / "merged"),
        lambda: submit(out, tmp_path / "board", "A. Author", min_seeds=1),
    ]
    refusals = []
    for altered in [*(json.dumps(value).encode() for value in odd_values(json.loads(text))), *damaged(text)]:
        for reader in readers:
            (out / MANIFEST).write_bytes(altered)
            refusals.append(refused(reader))
            for made_there in ("merged", "board"):
                shutil.rmtree(tmp_path / made_there, ignore_errors=True)
    assert len(refusals) / 10 < sum(refusals) < len(refusals)


@pytest.mark.parametrize("file", sorted(Path(__file__).parents[3].glob("docs/results/*/manifest.json")), ids=str)
def test_the_committed_manifests_are_read_and_written_as_they_stand(file, tmp_path):
    manifest = read_manifest(file.parent)
    said = json.loads(file.read_text())
    assert within(said, manifest.model_dump())
    write_manifest(tmp_path, manifest)
    assert json.loads((tmp_path / MANIFEST).read_text()) == said


def within(said: Any, read: Any) -> bool:
    """Whether all that was said is there; what was left out may be there too."""
    if isinstance(said, dict):
        return all(key in read and within(value, read[key]) for key, value in said.items())
    return said == read


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"budget": 12', b'"budget": ' + b"9" * 5000, "number out of range"),
        (b'"title": ""', b'"title": "\xff"', "invalid unicode"),
        (b'"title": ""', b'"title": "\\ud800"', "unexpected end of hex escape"),
        (b'"title": ""', b'"title": ' + b"[" * 5000 + b"]" * 5000, "recursion limit exceeded"),
        (b'"format": 1', b'"format": 2', "this weaknas reads 1: upgrade weaknas"),
        (b'"valid_acc": 9', b'"valid_acc": 99', "benchmarks.digits.optimum.valid_acc: input should be less than"),
        (b'"budget": 12', b'"budget": 0', "budget: input should be greater than or equal to 1"),
        (b'"random": {', b'"a\\nb": {', "a label is 1 to 100 printable characters in one line"),
        (b'"study": "small"', b'"study": "../small"', "study: string should match pattern"),
    ],
)
def test_a_fault_of_a_manifest_is_named(made, old, new, message):
    _, out = made
    text = (out / MANIFEST).read_bytes()
    assert old in text
    (out / MANIFEST).write_bytes(text.replace(old, new, 1))
    with pytest.raises(InvalidStudy) as error:
        read_manifest(out)
    assert f"{out / MANIFEST}" in str(error.value)
    assert message in str(error.value)
