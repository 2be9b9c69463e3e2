"""What a folder says of its study: read by one model, whoever wrote it."""

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weaknas.errors import WeaknasError
from weaknas_experiments.commands import status
from weaknas_experiments.folder import MANIFEST
from weaknas_experiments.joining import merge_folders
from weaknas_experiments.leaderboard.board import contents
from weaknas_experiments.leaderboard.page import render
from weaknas_experiments.leaderboard.submission import submit
from weaknas_experiments.manifest import read_manifest
from weaknas_experiments.planning import plan
from weaknas_experiments.runner import run_study
from weaknas_experiments.study_file import InvalidStudy, load_study

MUTANTS = int(os.environ.get("WEAKNAS_FUZZ", 25))
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


def test_everything_that_reads_a_manifest_reads_it_or_refuses_it_in_a_sentence(made, tmp_path, capsys):
    planned, out = made
    text, other = (out / MANIFEST).read_bytes(), shutil.copytree(out, tmp_path / "other")
    readers: list[Callable[[], object]] = [
        lambda: status(out),
        lambda: render(contents([out]), "title", "command"),
        lambda: run_study(planned, out),
        lambda: merge_folders([out, other], tmp_path / "merged"),
        lambda: submit(out, tmp_path / "board", "A. Author", min_seeds=1),
    ]
    ended = {"read": 0, "refused": 0}
    for seed in range(MUTANTS):
        for reader in readers:
            (out / MANIFEST).write_bytes(mutate(text, random.Random(seed)))
            try:
                reader()
                ended["read"] += 1
            except WeaknasError as error:
                ended["refused"] += len(str(error)) < 600
            for made_there in ("merged", "board"):
                shutil.rmtree(tmp_path / made_there, ignore_errors=True)
    assert sum(ended.values()) == len(readers) * MUTANTS
    assert min(ended.values()) > MUTANTS / 4


@pytest.mark.parametrize("file", sorted(Path(__file__).parents[2].glob("docs/results/*/manifest.json")), ids=str)
def test_the_committed_manifests_are_read_as_they_stand(file):
    assert within(json.loads(file.read_text()), read_manifest(file.parent))


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


# -- manifests gone wrong in all the ways that JSON can ----------------------------------------------------

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 3, 2**31, 10**30, -(10**30), 1.5, 1e308, float("nan"), float("inf"), -float("inf")),
    *("", "x", "../x", "\0", "\u202e", "<script>", "=1+1", "é" * 300, "digits", "random", "honest", "2024-01-01"),
    *([], [None], [[]], [0], [1, 2], ["x"], [[0, 1]], [[5, 1]], [[0, 10**30]], [[-1, 3]], [1e308]),
    *({}, {"x": 1}, {"": {}}, {"name": []}, {"valid_acc": 8.9e10}, {"budget": 1}, {"a": {"b": {"c": []}}}),
)


def mutate(text: bytes, rng: random.Random) -> bytes:
    """Return a manifest with one to three faults: of its values and keys, or of its bytes."""
    if rng.random() < 0.2:
        return _spoilt(text, rng)
    said = json.loads(text)
    for _ in range(rng.randint(1, 3)):
        _change(said, rng)
    made = json.dumps(said).encode()
    match rng.randrange(12):
        case 0:
            return made.replace(b'"budget": 12', b'"budget": ' + b"9" * 5000)
        case 1:
            return made.replace(b'"title": ""', b'"title": "\\ud800"')
        case 2:
            return made.replace(b'"title": ""', b'"title": ' + b"[" * 5000 + b"]" * 5000)
    return made


def _spoilt(text: bytes, rng: random.Random) -> bytes:
    """Return other bytes: cut short, or some of them changed."""
    if rng.random() < 0.3:
        return text[: rng.randrange(len(text))]
    spoilt = bytearray(text)
    for _ in range(rng.randint(1, 4)):
        spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    return bytes(spoilt)


def _change(said: Any, rng: random.Random) -> None:
    """Change one place, anywhere: another value, none, another key."""
    places = list(_places(said))
    if not places:
        return
    inside, key = rng.choice(places)
    match rng.randrange(4):
        case 0:
            del inside[key]
        case 1 if isinstance(inside, dict):
            inside[rng.choice(["", "x", "=1", "a\nb", "é" * 300, "format"])] = inside.pop(key)
        case 2:
            inside[key] = rng.choice([odd for odd in ODD if type(odd) is type(inside[key])] or ODD)
        case _:
            inside[key] = rng.choice(ODD)


def _places(value: Any) -> Any:
    """Yield everything that holds something, with the key or the place of what it holds."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])
