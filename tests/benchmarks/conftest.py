"""Data that nobody meant: a sound structure with some of its parts replaced, dropped, nested or doubled."""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

STRANGE = (
    None,
    True,
    -1,
    0,
    1.5,
    10**18,
    10**400,
    -(2**63),
    float("nan"),
    float("inf"),
    1e300,
    "",
    "x",
    "1",
    "nasbench201",
    "ofa-mbv3",
    "mobile",
    "choices.toml",
    "../../etc",
    "a;b",
    "new\nline",
    "\x1b[31m",
    "\ud800",
    "z" * 5000,
    [],
    {},
    [[]],
    [None],
    ["a", "a"],
    {"space": "mobile"},
    {"space": None},
    {"a": 1},
    {"": []},
    [{"a": []}],
    list(map(str, range(2000))),
)


@pytest.fixture(scope="session")
def mutants() -> Callable[..., Iterator[Any]]:
    """How to alter a structure: `mutants(sound, count)`."""
    return _mutants


def _mutants(sound: Any, count: int, seed: int = 0) -> Iterator[Any]:
    """Yield `count` copies of a structure, each with one to three of its parts altered; always the same ones."""
    rng = random.Random(seed)
    for _ in range(count):
        mutant = copy.deepcopy(sound)
        for _ in range(rng.randint(1, 3)):
            mutant = _alter(mutant, rng)
        yield mutant


def _alter(value: Any, rng: random.Random) -> Any:
    inside = isinstance(value, dict | list) and len(value) > 0
    if not inside or rng.random() < 0.05:
        return copy.deepcopy(rng.choice(STRANGE))
    key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
    what = rng.random()
    if what < 0.15:
        del value[key]
    elif what < 0.25 and isinstance(value, dict):
        value[rng.choice(["new", "space", "name", "width", "format"])] = value.pop(key)
    elif what < 0.3:
        value[key] = [value[key]]
    else:
        value[key] = _alter(value[key], rng)
    return value
