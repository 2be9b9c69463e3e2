"""What all tests share: the real tables where they are, and a synthetic benchmark where they are not."""

import copy
import gc
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers of pytest share the cores; before numpy reads it

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from weaknas.errors import WeaknasError, as_sentence
from weaknas.spaces import NasBench201
from weaknas_benchmarks.store import find
from weaknas_benchmarks.table import Table

DATASETS = ("cifar10", "cifar100", "imagenet16-120")


# A busy machine is no fault of what is tested.
settings.register_profile("weaknas", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("weaknas")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("MPLBACKEND", "agg")
    gc.disable()  # what is collected stays: to look through it again and again finds nothing


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def real_table(file: str) -> Path:
    """Return the path of a real table, or skip the test."""
    try:
        return find(file)
    except ValueError:
        pytest.skip(f"needs the real table {file}: name its directory in WEAKNAS_DATA")


@pytest.fixture(params=DATASETS)
def nasbench201_file(request: pytest.FixtureRequest) -> Path:
    return real_table(f"nasbench201-{request.param}.parquet")


@pytest.fixture(scope="session")
def cifar100_file() -> Path:
    return real_table("nasbench201-cifar100.parquet")


@pytest.fixture(scope="session")
def nasbench101_file() -> Path:
    return real_table("nasbench101-cifar10.parquet")


@pytest.fixture(scope="session")
def toy_frame() -> pd.DataFrame:
    """A made-up table over the NAS-Bench-201 cells: convolutions help, zeros hurt, a little interaction."""
    space = NasBench201()
    rows = space.enumerate()
    rng = np.random.default_rng(7)
    worth = np.array([-3.0, 0.5, 1.5, 2.5, -0.5])[rows] * np.array([1.0, 0.8, 1.1, 1.3, 0.9, 1.2])
    mean = 70 + worth.sum(1) + 1.5 * ((rows[:, 3] == 1) & (rows[:, 0] == 3))
    frame = pd.DataFrame({"arch": space.to_str(rows)})
    for run in range(3):
        frame[f"valid_acc_run{run}"] = np.float32(mean + rng.normal(0, 0.2, len(rows)))
    frame["valid_acc"] = frame[[f"valid_acc_run{run}" for run in range(3)]].mean(axis=1)
    frame["valid_acc_e12"] = np.float32(mean - 20 + rng.normal(0, 1, len(rows)))
    frame["test_acc"] = np.float32(mean - 0.5 + rng.normal(0, 0.2, len(rows)))
    frame["train_seconds"] = np.float32(100)
    frame["params"] = space.cost(rows).params
    frame.loc[::2, "valid_acc_run2"] = np.nan
    return frame


@pytest.fixture
def toy(toy_frame: pd.DataFrame) -> Table:
    return Table.from_frame(toy_frame, NasBench201(), name="toy")


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command line in this process: `code, out, err = cli("search", "toy", ...)`."""
    from weaknas.cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["weaknas", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def toy_file(tmp_path: Path, toy_frame: pd.DataFrame) -> Path:
    """The made-up table as a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    card = {
        "format": 1,
        "rows": len(toy_frame),
        "benchmark": "toy",
        "dataset": "toy",
        "space": "nasbench201",
        "epochs": 200,
    }
    table = pa.Table.from_pandas(toy_frame, preserve_index=False)
    pq.write_table(table.replace_schema_metadata({"weaknas": json.dumps(card)}), tmp_path / "toy.parquet")
    return tmp_path / "toy.parquet"


# -- fuzzing: `make test` does a little of it, `make fuzz` all (docs/fuzzing.md) ---------------------------

LONG = os.environ.get("WEAKNAS_FUZZ") == "long"
TEXTS = 20_000 if LONG else 60
MUTANTS = 400 if LONG else 20
KILLS = 12 if LONG else 1

_PIECES = (
    *"\0\n\t é\U0001f9e0\ud800\"'\\/;:|~+#%=,[]{}<*?",
    *("", "..", "-1", "0", "127", "128", "255", "300", "1e400", "nan", "-inf", "9" * 25, "9" * 4400),
    *("None", "null", "True", "$(id)", "../../x", "[" * 3000),
)
_VALUES = (
    *(None, True, -1, 0, 0.5, -0.0, 2**63, 10**30, float("nan"), float("inf")),
    *("", " ", "\0", "a\nb", "é" * 300, "9" * 400, "../x", "evil.py:bench", "=1+1"),
    *([], {}, [None], [[]], ["a", 1], ["a", "a"], {"": None}, {"a": {"b": {}}}, [{"a": []}], [*map(str, range(2000))]),
    *("nasbench201", "mobile", "choices.toml", "\x1b[31m", "\ud800", {"space": "mobile"}, {"space": None}),
)


def odd_texts(seeds: list[str], n: int = TEXTS) -> Iterator[str]:
    """Yield texts that are nearly one of the seeds."""
    rng = np.random.default_rng(0)
    for _ in range(n):
        text = seeds[rng.integers(len(seeds))]
        for _ in range(rng.integers(1, 4)):
            start, end = sorted(rng.integers(0, len(text) + 1, 2))
            match rng.integers(4):
                case 0:
                    text = text[:start] + text[end:]
                case 1:
                    text = text[:start] + text[start:end] * 2 + text[end:]
                case 2:
                    text = text[:start] + _PIECES[rng.integers(len(_PIECES))] + text[start:]
                case 3:
                    text = text[:start] + _PIECES[rng.integers(len(_PIECES))] + text[end:]
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


for _helper in (odd_texts, odd_values, damaged, refused):
    globals()[f"_{_helper.__name__}"] = pytest.fixture(name=_helper.__name__, scope="session")(lambda it=_helper: it)


@pytest.fixture
def kills() -> int:
    """How often a command is killed."""
    return KILLS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"odd_texts", "odd_values", "damaged", "kills"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker("fuzz")
