"""Any text where an architecture, a constraint, an option, a name, an address or a TOML file is expected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import weaknas
from weaknas import doors
from weaknas.optuna.storage.backend import close, storage_at
from weaknas.shell_options import by_part
from weaknas.spaces import Choices, NasBench201, Space
from weaknas.spaces.constraint import parse
from weaknas_experiments.study.study_file import load_study

SPACES: list[Callable[[], Space]] = [
    *(lambda name=name: weaknas.space(name) for name in ("nasbench101", "nasbench201", "nats-size", "ofa-mbv3")),
    *(lambda name=name: weaknas.space(name) for name in ("attentive-nas", "fbnetv2", "spos-mobilenet")),
    lambda: Choices({"depth": [2, 3, 4], "op": ["conv", "skip"]}),
]
STUDY = """
name = "fuzzed"
budget = 40
seeds = "3-9"
[[benchmarks]]
name = "digits"
constraint = "macs <= 1e6"
options = {run = "random"}
[[strategies]]
name = "weaknas"
predictor = "ridge"
options = {batch = 5, explore = 0.5}
"""
SPACE = """
name = "small"
classes = 10
resolution = [16, 24]
[stem]
width = [8, 16]
stride = 1
[[stage]]
width = [16, 24]
depth = [1, 2]
kernel = [3, 5]
expansion = [2, 3, 4]
stride = 2
[head]
width = 64
"""


@pytest.mark.parametrize("make", SPACES, ids=lambda make: make().name)
def test_architectures(make, odd_texts, refused):
    space = make()
    texts = space.to_str(space.sample(20, np.random.default_rng(0)))
    for text in odd_texts(texts):
        if not refused(lambda text=text: space.from_str([text])):
            (row,) = space.from_str([text])
            np.testing.assert_array_equal(space.from_str(space.to_str(row[None])), row[None])


def test_constraints(odd_texts, refused):
    for text in odd_texts(["macs <= 600e6", "macs < 1e5 and params >= 3", "latency_ms_pixel3 <= 10.5, params > -2"]):
        refused(lambda text=text: parse(text))


def test_options(odd_texts, refused):
    parts = ("strategy", "benchmark", "predictor")
    for text in odd_texts(["batch=5", 'benchmark.run="random"', "predictor.layers=[100, 100]", 'strategy.a={"b": 1}']):
        refused(lambda text=text: by_part([text], parts))


def test_names(odd_texts, refused):
    for text in odd_texts(
        ["digits", "nasbench201/cifar10", "ensemble:mlp", "my.parquet", "mine.py:Mine", "optuna:tpe"]
    ):
        for door in (doors.BENCHMARKS, doors.PREDICTORS, doors.STRATEGIES):
            refused(lambda text=text, door=door: door.load(text))


def test_encodings(odd_texts, refused):
    space = NasBench201()
    rows = space.sample(2, np.random.default_rng(0))
    for text in odd_texts(["path", "path:40+counts", "onehot", "graph", "wl:2"]):
        if "arch2vec" not in text:
            refused(lambda text=text: space.encode(rows, text))


def test_addresses(odd_texts, refused):
    def opened(text: str) -> None:
        close(storage_at(text, 60))

    for text in odd_texts(["sqlite:///runs.db", "journal:runs.log", "sqlite://"], 20):
        if not text.startswith("/") and ".." not in text:
            refused(lambda text=text: opened(text))


@pytest.mark.parametrize(("content", "read"), [(STUDY, load_study), (SPACE, weaknas.space)], ids=["study", "space"])
def test_files_in_toml(content: str, read: Callable[[str], Any], odd_texts, refused):
    for text in odd_texts([content]):
        Path("file.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
        refused(lambda: read("file.toml"))
