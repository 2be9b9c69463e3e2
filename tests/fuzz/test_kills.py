"""A command that is killed at any moment, again and again, ends as one that was left alone."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

from weaknas_experiments.study.folder import RESULTS

pytestmark = pytest.mark.slow

STUDY = """
name = "killed"
budget = 40
seeds = 6
[[benchmarks]]
name = "digits"
[[strategies]]
name = "random"
[[strategies]]
name = "weaknas"
predictor = "ridge"
"""
IMPORTANCE = f"{Path(__file__).parents[2] / 'docs/examples/importance.py'}:Importance"
SPACE = """
name = "tiny"
classes = 4
resolution = [8, 12]
[stem]
width = 8
stride = 1
[[stage]]
width = [8, 16]
depth = [1, 2]
kernel = [3, 5]
expansion = [1, 2]
stride = 2
[head]
width = 24
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    code = "from weaknas.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(*arguments: str) -> float:
    """Run a command to its end, and return how long it took."""
    began = time.monotonic()
    process = start(*arguments)
    _, err = process.communicate()
    assert process.returncode == 0, err
    return time.monotonic() - began


def killed(kills: int, took: float, *arguments: str) -> None:
    """Run a command to its end, killing it `kills` times on the way."""
    rng = np.random.default_rng(0)
    for _ in range(kills):
        process = start(*arguments)
        try:
            process.communicate(timeout=rng.uniform(0.3, 1) * took)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert process.returncode in (0, -signal.SIGKILL)
    finish(*arguments)


def trials(name: str) -> list[str]:
    address = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend("runs.log"))
    storage = address if name == "journal" else "sqlite:///runs.db"
    (study,) = optuna.get_all_study_summaries(storage)
    done = optuna.load_study(study_name=study.study_name, storage=storage).get_trials(states=[_COMPLETE])
    return [str(sorted(trial.params.items())) for trial in done]


_COMPLETE = optuna.trial.TrialState.COMPLETE


def test_a_study(kills):
    Path("study.toml").write_text(STUDY)
    took = finish("study", "run", "study.toml", "--out", "alone")
    killed(kills, took, "study", "run", "study.toml", "--out", "killed", "--jobs", "2")
    assert (Path("killed") / RESULTS).read_bytes() == (Path("alone") / RESULTS).read_bytes()


@pytest.mark.parametrize(("name", "address"), [("sqlite", "sqlite:///runs.db"), ("journal", "journal:runs.log")])
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_stored_search(name, address, kills):
    arguments = ["search", "digits", "--predictor", "ridge", "--budget", "60"]
    took = finish(*arguments)
    killed(kills, took, *arguments, "--storage", address)
    done = trials(name)
    assert len(done) == len({*done}) == 60


def test_a_ranking(kills):
    arguments = ["predictor", "rank", "digits", "--predictors", "ridge,knn", "--train-sizes", "20,50", "--seeds", "3"]
    took = finish(*arguments, "--out", "alone.parquet")
    killed(kills, took, *arguments, "--out", "killed.parquet")
    alone, other = (pd.read_parquet(name) for name in ("alone.parquet", "killed.parquet"))
    timed = [column for column in alone if column.endswith("_seconds")]
    pd.testing.assert_frame_equal(alone.drop(columns=timed), other.drop(columns=timed))


def test_a_build(kills):
    pytest.importorskip("torch")
    arguments = ["data", "build", "digits", "--limit", "64", "--as"]
    took = finish(*arguments, "alone", "--out", "alone")
    killed(kills, took, *arguments, "killed", "--out", "killed", "--jobs", "2")
    alone, other = (pd.read_parquet(f"{name}/{name}.parquet") for name in ("alone", "killed"))
    timed = [column for column in alone if column.startswith("train_seconds")]
    pd.testing.assert_frame_equal(alone.drop(columns=timed), other.drop(columns=timed))


@pytest.fixture
def images() -> Path:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (200, 12, 12, 3), dtype=np.uint8)
    labels = rng.integers(0, 4, 200)
    np.savez("images.npz", x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    Path("space.toml").write_text(SPACE)
    return Path("images.npz")


@pytest.mark.parametrize("scheme", ["bignas", IMPORTANCE])
def test_a_training(images: Path, kills: int, same_weights: Callable[[Path, Path], bool], scheme: str):
    arguments = [
        "supernet",
        "train",
        "space.toml",
        str(images),
        "--scheme",
        scheme,
        "--steps",
        "150",
        "--batch",
        "20",
    ]
    took = finish(*arguments, "--out", "alone")
    killed(kills, took, *arguments, "--out", "killed")
    assert same_weights(Path("alone"), Path("killed"))


@pytest.fixture
def same_weights() -> Callable[[Path, Path], bool]:
    torch = pytest.importorskip("torch")
    from weaknas.supernet import load

    def same(first: Path, second: Path) -> bool:
        a, b = (load(folder / "supernet.safetensors").net.state_dict() for folder in (first, second))
        return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)

    return same
