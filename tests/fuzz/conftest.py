"""What fuzzing shares: how much of it there is, odd texts, odd JSON and damaged bytes, all from a seed.

`make test` runs a short one, `make fuzz` the long one (docs/fuzzing.md).
"""

import copy
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from weaknas.errors import WeaknasError, as_sentence

LONG = os.environ.get("WEAKNAS_FUZZ") == "long"
TEXTS = 20_000 if LONG else 60
MUTANTS = 400 if LONG else 12
KILLS = 12 if LONG else 1

_PIECES = [
    "",
    "\0",
    "\n",
    "\t",
    " ",
    "é",
    "\U0001f9e0",
    "\ud800",
    '"',
    "'",
    "\\",
    "/",
    "..",
    ";",
    ":",
    "|",
    "~",
    "+",
    "#",
]
_PIECES += [
    "%",
    "=",
    ",",
    "[",
    "]",
    "{",
    "}",
    "<",
    "-1",
    "0",
    "127",
    "128",
    "255",
    "300",
    "1e400",
    "nan",
    "-inf",
    "9" * 25,
]
_PIECES += ["9" * 4400, "None", "null", "True", "*", "?", "$(id)", "../../x", "[" * 3000]
_VALUES = [
    None,
    True,
    -1,
    0,
    0.5,
    10**30,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\0",
    "a\nb",
    "é" * 300,
    [],
    {},
    [None],
    [[]],
]
_VALUES += [{"": None}, {"a": {"b": {}}}, "../x", "evil.py:bench", ["a", 1], "9" * 400, -0.0, 2**63, "=1+1"]


def odd_texts(seeds: list[str], n: int = TEXTS) -> Iterator[str]:
    """Yield texts that are nearly one of the seeds."""
    rng = np.random.default_rng(0)
    for _ in range(n):
        text = str(rng.choice(np.array(seeds, dtype=object)))
        for _ in range(rng.integers(1, 4)):
            start, end = sorted(rng.integers(0, len(text) + 1, 2))
            match rng.integers(4):
                case 0:
                    text = text[:start] + text[end:]
                case 1:
                    text = text[:start] + text[start:end] * 2 + text[end:]
                case 2:
                    text = text[:start] + str(rng.choice(np.array(_PIECES, dtype=object))) + text[start:]
                case 3:
                    text = text[:start] + str(rng.choice(np.array(_PIECES, dtype=object))) + text[end:]
        yield text


def odd_values(value: Any, n: int = MUTANTS) -> Iterator[Any]:
    """Yield copies of a JSON value with a few of its parts gone, renamed, or replaced by odd ones."""
    rng = np.random.default_rng(0)
    for _ in range(n):
        root = {"": copy.deepcopy(value)}
        for _ in range(rng.integers(1, 3)):
            places = list(_places(root))
            holder, key = places[rng.integers(len(places))]
            match rng.integers(4) if key != "" else 3:
                case 0:
                    del holder[key]
                case 1 if isinstance(holder, dict):
                    holder[f"{key}x"] = holder.pop(key)
                case _:
                    holder[key] = copy.deepcopy(_VALUES[rng.integers(len(_VALUES))])
        yield root[""]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def damaged(content: bytes, n: int = MUTANTS) -> Iterator[bytes]:
    """Yield copies of a file with a bit flipped, a part gone, doubled, zeroed or swapped, or something added."""
    rng = np.random.default_rng(0)
    for _ in range(n):
        start, end = sorted(rng.integers(0, len(content) + 1, 2))
        match rng.integers(8):
            case 0 | 1 | 2 if start < len(content):
                yield content[:start] + bytes([content[start] ^ (1 << rng.integers(8))]) + content[start + 1 :]
            case 3:
                yield content[:start]
            case 4:
                yield content[:start] + bytes(end - start) + content[end:]
            case 5:
                yield content[:start] + content[end:]
            case 6:
                yield content + rng.bytes(rng.integers(1, 50))
            case _:
                yield content[start:] + content[:start]


def refused(read: Callable[[], object]) -> bool:
    """Return whether reading is refused in one sentence of some length; anything else that is raised is a defect."""
    try:
        read()
    except WeaknasError as error:
        said = as_sentence(error)
        assert 10 < len(said) < 1500, said[:2000]
        assert said.isprintable(), ascii(said)
        return True
    return False


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Have odd names of files lead nowhere else, and caches be the test's own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


for _helper in (odd_texts, odd_values, damaged, refused):
    globals()[f"_{_helper.__name__}"] = pytest.fixture(name=_helper.__name__)(lambda helper=_helper: helper)


@pytest.fixture
def kills() -> int:
    """How often a command is killed."""
    return KILLS
