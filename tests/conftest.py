"""What all tests share: the real tables where they are, and a synthetic benchmark where they are not."""

import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers of pytest share the cores; before numpy reads it

import numpy as np
import pandas as pd
import pytest

from weaknas.spaces import NasBench201
from weaknas_benchmarks.store import find
from weaknas_benchmarks.table import Table

DATASETS = ("cifar10", "cifar100", "imagenet16-120")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("MPLBACKEND", "agg")


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
